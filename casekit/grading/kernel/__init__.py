"""Warm kernels: one process has imported what every notebook imports, and a child of it becomes the kernel.

预热内核：一个进程预先导入每份作业都要导入的库，其子进程即为内核。
"""

TOO_MUCH_MEMORY = 99  # exit code of a kernel that was ended for it, or for too much on disk
