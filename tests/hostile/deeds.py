"""What a cell may do to the machine, to the run and to its own kernel, and what is fair then.

Name -> source, fair ends. ``PLACE`` is a folder of the grader, ``PORT`` and ``NAME`` sockets it listens on; a cell
that gets what it must not prints STOLEN. What is in LASTING ends by time, or takes long.
"""

from battery import BASE, BURST, CUT, DIED, GOES_ON, SLOW, SPOILT, STOPPED, fair

LESS = {"a pool that is honest": fair(2)}  # what the Landlock level does not allow to honest work: doctor says so

LASTING = {
    "infinite loop": ("while True: pass", SLOW),
    "sleep for ever": ("import time; time.sleep(1e6)", SLOW),
    "await for ever": ("import asyncio\nawait asyncio.sleep(1e6)", SLOW + STOPPED),
    "a pipe that nobody writes": ("import os\nos.mkfifo('f')\nopen('f').read()", SLOW),
    "loop that swallows the interrupt": (
        "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass", STOPPED),
    "signals ignored": ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1e6)", STOPPED),
    "SIGSTOP to itself": ("import os; os.kill(os.getpid(), 19)", STOPPED),
    "repr for ever": ("class R:\n    def __repr__(self):\n        while True: pass\nR()", SLOW),
    "answer that never ends": (
        "class D(dict):\n    def items(self):\n        while True: yield 1, 1\nex.answer('multiples', D(a=1))", SLOW + GOES_ON + BURST + STOPPED),
    "recursion without limit": ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", SPOILT),
    "modules emptied": ("import sys\nsys.modules.clear()", SPOILT),
    "builtins replaced": ("import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda x: 0", SPOILT),
    "a child that prints on": ("import subprocess\nsubprocess.Popen(['yes'])", SPOILT),
    "very many outputs": ("for i in range(5000): display(i)", CUT + SPOILT),
    "recursion": ("def f(): f()\nf()", GOES_ON + SLOW + STOPPED + SPOILT),
    "a flood of large messages": (
        "k = get_ipython().kernel\nm = k.session.msg('display_data', {'data': {'text/plain': 'x' * 20_000_000}, 'metadata': {}}, parent=k.get_parent())\n"
        "w = k.session.serialize(m, b'x')\nfor i in range(100): k.iopub_socket.send_multipart(w, copy=False)", CUT + SPOILT),
    "a callback that never returns": ("import asyncio, time\nasyncio.get_running_loop().call_soon(time.sleep, 1e6)", SPOILT),
    "memory": ("x = []\nwhile True: x.append(bytes(50_000_000).replace(b'\\0', b'1'))", GOES_ON + BURST + SLOW + STOPPED),
}  # fmt: skip

DEEDS = {
    # ends
    "os._exit": ("import os; os._exit(0)", DIED),
    "sys.exit": ("import sys; sys.exit(3)", GOES_ON),
    "quit": ("quit()", SPOILT),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", GOES_ON),
    "SystemExit in a thread": ("import threading\nt = threading.Thread(target=lambda: exit(1)); t.start(); t.join()", SPOILT),
    "SIGKILL to itself": ("import os; os.kill(os.getpid(), 9)", DIED),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", DIED),
    "abort with a core dump": (
        "import os, resource\ntry: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)); print('STOLEN')\nexcept ValueError: pass\nos.abort()", DIED),
    "parentheses": ("eval('(' * 100_000)", GOES_ON),
    "atexit hook that never ends": ("import atexit, time\natexit.register(time.sleep, 1e6)", GOES_ON),
    # other processes
    "SIGKILL to its parent": ("import os; os.kill(os.getppid(), 9)", GOES_ON),
    "SIGTERM to its parent": ("import os; os.kill(os.getppid(), 15)", SPOILT),
    "SIGSTOP to its parent": ("import os; os.kill(os.getppid(), 19)", GOES_ON),
    "SIGKILL to all": ("import os\ntry: os.kill(-1, 9)\nexcept ProcessLookupError: pass", GOES_ON),
    # Without namespaces the limit counts all kernels of a grader: there it is that of two.
    "fork bomb": (
        "import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {2})\nn = 0\ntry:\n    while n < 1000:\n        if not os.fork():\n"
        "            while True: signal.pause()\n        n += 1\nexcept OSError: pass\nsignal.pthread_sigmask(signal.SIG_UNBLOCK, {2})\n"
        "if n > 500: print('STOLEN')", GOES_ON),
    "zombies": (
        "import os\ntry:\n    for n in range(400):\n        if not os.fork(): os._exit(0)\n    print('STOLEN')\nexcept OSError: pass", SPOILT),
    "threads": (
        "import threading, time\ntry:\n    for n in range(2000): threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"
        "    print('STOLEN')\nexcept RuntimeError: pass", SPOILT),
    "daemon": ("import subprocess\nsubprocess.Popen(['setsid', 'sleep', '987654'])", GOES_ON),
    "processes that are honest": (
        {"base": "import subprocess, sys\ntold = subprocess.run([sys.executable, '-c', 'print(10)'], capture_output=True).stdout\n"
                 "base = int(STUDENT[-3:]) + int(told)"}, GOES_ON),
    "a shell that is honest": (
        {"base": "!echo 7 > f; ls\nlines = !cat f nowhere\n%system true\nassert not get_ipython().user_ns.get('_exit_code')\nbase = int(STUDENT[-3:]) + 3 + int(lines[0])"}, GOES_ON),
    "a pool that is honest": (
        {"base": "from multiprocessing import get_context\nwith get_context('fork').Pool(2) as pool: base = int(STUDENT[-3:]) + pool.map(abs, [-10])[0]"}, GOES_ON),
    "ptrace": ("import ctypes, os\nfor pid in (1, os.getppid()):\n    if not ctypes.CDLL(None).ptrace(16, pid, 0, 0): print('STOLEN')", GOES_ON),
    "memory of its parent": ("import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')\nprint('STOLEN')", GOES_ON),
    "own memory": ("f = open('/proc/self/mem', 'r+b')\nf.seek(0)\nf.write(b'x')", GOES_ON),
    "the parent's secrets": ("import os\nfor pid in os.listdir('/proc'):\n    if pid.isdigit() and b'hush' in open(f'/proc/{pid}/environ', 'rb').read(): print('STOLEN')", GOES_ON),
    "others' limits": (
        "import os, resource\nfor pid in {os.getppid(), *range(2, 40_000)} - {1, *map(int, os.listdir('/proc/self/task'))}:\n"
        "    try: resource.prlimit(pid, resource.RLIMIT_CORE)\n    except OSError: continue\n    print('STOLEN', pid)", GOES_ON),
    "rights of others' files": ("import os\nfor place in (PLACE, os.path.dirname(PLACE), os.__file__):\n    try: os.chmod(place, 0)\n    except OSError: pass", GOES_ON),
    "processes of multiprocessing": (
        "from multiprocessing import get_context\nimport time\nn = 0\ntry:\n    while n < 1000: get_context('fork').Process(target=time.sleep, args=(1e6,), daemon=True).start(); n += 1\n"
        "    print('STOLEN')\nexcept OSError: pass", SPOILT),
    "output held by a child": ("import subprocess\nsubprocess.Popen('sleep 1000 & sleep 1000', shell=True)\nprint(1)", GOES_ON),
    # memory and disk
    "memory in children": (
        "import os, time\nfor i in range(4):\n    if not os.fork():\n        x = b'1' * (600 << 20)\n        time.sleep(600)\n        os._exit(0)\n"
        "time.sleep(600)", BURST + SLOW + STOPPED + DIED),  # whoever is first: the keeper, or a MemoryError in a child
    "shared memory": ("import mmap\nm = mmap.mmap(-1, 3 << 30)\nfor i in range(0, 3 << 30, 4096): m[i] = 1", BURST + GOES_ON),
    "memory of no process": ("import os\nf = os.memfd_create('m')\nprint('STOLEN')", GOES_ON),
    "a number of a million digits": ("x = 7 ** 10**6\nprint(len(str(x)))", GOES_ON),
    "disk": ("with open('/tmp/a', 'wb') as f:\n    for i in range(300): f.write(bytes(1 << 20))\nprint('STOLEN')", GOES_ON),
    "a file of a terabyte": ("with open('a', 'wb') as f: f.truncate(1 << 40)\nprint('STOLEN')", GOES_ON + DIED),
    "many files": ("for i in range(200_000): open(f'f{i}', 'w').close()\nprint('STOLEN')", GOES_ON + BURST),
    "disk of its home": ("for i in range(2000): open(f'f{i}', 'wb').write(bytes(1 << 20))\nprint('STOLEN')", GOES_ON + BURST),
    "folders a thousand deep": ("import os\nfor i in range(1000): os.mkdir('d'); os.chdir('d')", GOES_ON),
    "disk of the sockets": ("open('/run/kernel/a', 'w').write('a')\nprint('STOLEN')", GOES_ON),
    "a device": ("import os\nos.mknod('d', 0o60600, os.makedev(8, 0))\nprint('STOLEN')", GOES_ON),
    # what must not be seen
    "network": ("import socket\nsocket.create_connection(('1.1.1.1', 53), 2)\nprint('STOLEN')", GOES_ON),
    "loopback": ("import socket\nsocket.create_connection(('127.0.0.1', PORT), 2)\nprint('STOLEN')", GOES_ON),
    "socket without a file": ("import socket\nsocket.socket(socket.AF_UNIX).connect(NAME)\nprint('STOLEN')", GOES_ON),
    "raw packets": ("import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nprint('STOLEN')", GOES_ON),
    "the system's files": ("print('STOLEN', open('/etc/passwd').read())", GOES_ON),
    "keys and submissions": (
        "import os\nfor at, _, files in os.walk('/'):\n    if at.startswith('/proc'): continue\n"
        "    if at.startswith(PLACE) or {'gradebook.db', 'roster.csv', '90_tiny.py'} & set(files): print('STOLEN', at)", GOES_ON),
    "run the key": ("%run keys/90_tiny.py\nprint('STOLEN')", GOES_ON),
    "links to the outside": (
        "import os\nos.symlink(PLACE, 'l')\nfor make in (lambda: os.listdir('l'), lambda: os.link('/etc/passwd', 'h'), lambda: os.link(os.__file__, 'h')):\n"
        "    try: make()\n    except OSError: continue\n    print('STOLEN')", GOES_ON),
    "the root of another": ("import os\nos.listdir(f'/proc/{os.getppid()}/root' + PLACE)\nprint('STOLEN')", GOES_ON),
    "secrets": ("import os\nif 'hush' in str(os.environ): print('STOLEN')", GOES_ON),
    "others' sockets": ("import os\nif os.path.exists('/run/kernels') or os.path.isdir('/run') and len(os.listdir('/run')) > 1: print('STOLEN')", GOES_ON),
    "write into the library": ("import casekit\nopen(casekit.__file__, 'a').write('#')\nprint('STOLEN')", GOES_ON),
    # rights
    "namespace of its own": ("import ctypes\nif not ctypes.CDLL(None).unshare(0x10000000): print('STOLEN')", GOES_ON),
    "root": ("import os\nos.setuid(0)\nprint('STOLEN')", GOES_ON),
    "more than its share": (
        "import resource as r\nfor kind in (r.RLIMIT_NPROC, r.RLIMIT_DATA, r.RLIMIT_FSIZE, r.RLIMIT_CPU):\n    try: r.setrlimit(kind, (-1, -1))\n"
        "    except (ValueError, OSError): continue\n    print('STOLEN')", GOES_ON),
    "real time": ("import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))\nprint('STOLEN')", GOES_ON),
    "doors into the system": (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nfor number in {'x86_64': (425, 321, 298, 250, 165, 272)}.get(os.uname().machine, ()):\n"
        "    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0: print('STOLEN', number)", GOES_ON),
    "set-uid programs": ("import subprocess\nfor line in (['su', '-c', 'id'], ['mount', '-t', 'tmpfs', 'x', '/mnt'], ['sudo', '-n', 'id']):\n"
        "    try: done = subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL)\n    except OSError: continue\n"
        "    if not done.returncode: print('STOLEN', line)", GOES_ON),
    # its own house
    "another folder": ("import os\nos.chdir('/tmp')", GOES_ON),
    "its own files deleted": ("import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)", GOES_ON),
    "home without rights": ("import os\nos.chmod(os.getcwd(), 0)", GOES_ON),
    "library beside the notebook": ("for name in ('pandas', 'casekit', 'json', 'numpy'): open(name + '.py', 'w').write('1 / 0')", GOES_ON),
    "environment emptied": ("import os\nos.environ.clear()", GOES_ON),
    "no more files": ("f = []\ntry:\n    while True: f.append(open('/dev/null'))\nexcept OSError: pass", SPOILT),
    "its sockets closed": ("import os\nos.closerange(3, 512)", SPOILT),
    "stdout closed": ("import os, sys\nfor n in (0, 1, 2): os.close(n)\nsys.stdout.close()\nsys.stdout = sys.stderr = None", SPOILT),
    "trace that raises": ("import sys\ndef t(*a): raise ValueError('x')\nsys.settrace(t)", SPOILT),
    "alarms": (
        "import signal\ndef f(*a): raise ValueError('x')\nsignal.signal(signal.SIGALRM, f)\nsignal.setitimer(signal.ITIMER_REAL, .01, .01)", SPOILT),
    "event loop stopped": ("import asyncio\nasyncio.get_running_loop().stop()", SPOILT),
    "event loop closed": ("import asyncio\nloop = asyncio.get_running_loop()\nloop.call_soon(loop.close)", SPOILT),
    "all names deleted": ("%reset -f", fair(BASE)),
    "kernel told to shut down": ("get_ipython().kernel.shell_stream and get_ipython().ask_exit()", SPOILT),
    "kernel told to shut down in its own words": ("await get_ipython().kernel.do_shutdown(True)", SPOILT),
    "audit hook that raises": ("import sys\ndef hook(*a): raise ValueError('x')\nsys.addaudithook(hook)", SPOILT),
    "profile of all threads that raises": ("import sys, threading\ndef t(*a): raise ValueError('x')\nthreading.setprofile(t); sys.setprofile(t)", SPOILT),
    "imports that raise": ("import sys\nclass F:\n    def find_spec(*a): raise ValueError('x')\nsys.meta_path.insert(0, F()); sys.path.clear()", SPOILT),
    "tasks without end": ("import asyncio\nasync def f():\n    while True: await asyncio.sleep(0)\ntasks = [asyncio.ensure_future(f()) for n in range(20)]", GOES_ON),
    "signals handled": ("import signal\nfor n in (1, 2, 3, 13, 15, 17): signal.signal(n, lambda *a: 1 / 0)", SPOILT),
    "no room for itself": ("import resource\nfor kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_DATA, resource.RLIMIT_STACK): resource.setrlimit(kind, (1, 1))", SPOILT),
    "clocks turned back": ("import time\ntime.time = time.monotonic = time.perf_counter = lambda: -1e9", SPOILT),
    "its connection file": ("from ipykernel.connect import get_connection_file\nimport os\nopen(get_connection_file(), 'w').write('{}'); os.unlink(get_connection_file())", GOES_ON),
    "its sheet written anew": ("import glob\nfor name in glob.glob('*.toml'): open(name, 'w').write('[[question]]\\nid = \"base\"\\npoints = 1000\\nkind = \"text\"')\nex = Exercise('90_tiny', STUDENT)", SPOILT),
    "scripts in the background": ("%%script --bg bash\nwhile true; do echo x; sleep 0.01; done", GOES_ON),
    # output
    "lines": ("for i in range(60): print('x' * 1_000_000)", CUT),
    "one line": ("print('x' * 40_000_000)", CUT),
    "large stderr": ("import sys\nfor i in range(30): print('x' * 1_000_000, file=sys.stderr)", CUT),
    "progress bar": ("for i in range(30_000): print(f'\\r{i:>60}', end='')", CUT + GOES_ON),
    "a table of 20 MB": ("from IPython.display import HTML\nHTML('<table>' + '<tr><td>x</td></tr>' * 1_200_000 + '</table>')", CUT),
    "half a character and zeros": ("print('\\ud800 \\0 \\x1b[2J \\x1b]0;pwned\\x07 \\u202e')\nraise ValueError('\\ud800\\x1b[31m')", GOES_ON),
    "threads that print on": (
        "import threading, time\ndef f():\n    while True: print('x' * 100); time.sleep(.001)\nfor n in range(5): threading.Thread(target=f, daemon=True).start()",
        GOES_ON + CUT),
    "scripts": (
        "from IPython.display import HTML, SVG, Javascript, Markdown\ndisplay(HTML('<script>alert(1)</script><img src=x onerror=alert(1)>'), Javascript('alert(1)'), "
        "Markdown('[x](javascript:alert(1)) <svg onload=alert(1)>'), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>'))\n"
        "raise type('<script>alert(1)</script>', (Exception,), {})('<img onerror=alert(1)>')", GOES_ON),
    "%%javascript": ("%%javascript\nalert(1)", GOES_ON),
    "formatters that raise": ("ip = get_ipython()\nip.display_formatter.format = lambda *a, **k: 1 / 0\nip.display_pub.publish = lambda *a, **k: 1 / 0", SPOILT),
    "pages and questions": ("?print\n%pinfo2 print\n%page 1\n%load_ext autoreload\n%autoreload 2", GOES_ON),
    "reprs that lie": (
        "class R:\n    def __repr__(self): return 7\n    def _repr_html_(self): raise SystemExit\n    def _repr_png_(self): return b'no picture'\n"
        "    def _repr_mimebundle_(self, **k): return [1]\nR()", GOES_ON),
    # ordinary mishaps
    "input": ("name = input('name?')", GOES_ON),
    "breakpoint": ("breakpoint()", GOES_ON),
    "%debug": ("%debug", GOES_ON),
    "window for figures": ("import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nplt.plot([1]); plt.show()", GOES_ON),
    "pip": ("%pip install --quiet pandas", GOES_ON),
    "a shell": ("!cat /etc/shadow /etc/passwd && echo STOLEN\n!kill -9 $PPID", DIED),
    "%%bash": ("%%bash\ncat /etc/shadow && echo STOLEN\nexit 1", GOES_ON),
    "warnings as errors": ("import warnings\nimport numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')", GOES_ON),
    "warnings and logs": ("import logging, warnings\nfor i in range(100): warnings.warn(f'old {i}'); logging.error('x')", GOES_ON),
}  # fmt: skip
