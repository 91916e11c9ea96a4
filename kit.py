"""Two commands on a fresh machine, with Python's standard library alone.

python3 kit.py lab     sets everything up and opens the lessons in JupyterLab   安装并打开课程
python3 kit.py test    sets everything up and runs all tests                    安装并运行全部测试
python3 kit.py WORD    any other word goes to casekit: check, grade, rfm …      其余命令交给 casekit
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "kit.stamp"
VERSION = sys.version.replace("\n", " ")
# Each lock holds the one before it, so a later set serves an earlier wish.
SETS = ("requirements.lock", "requirements-full.lock", "requirements-test.lock")


def stop(chinese, english):
    sys.exit("%s\n%s" % (chinese, english))


def needed(words):
    if words[0] in ("lab", "doctor"):
        return 0
    return 2 if words[0] == "test" else 1


def fingerprint(level):
    found = hashlib.sha256()
    for name in (SETS[level], "pyproject.toml"):
        found.update((ROOT / name).read_bytes())
    return found.hexdigest()


def installed():
    """Return what .venv holds: the Python it was made with, then a fingerprint for each set."""
    return STAMP.read_text().splitlines() if STAMP.exists() else [""]


def ready(level):
    return installed()[0] == VERSION and fingerprint(level) in installed()


def run(command, env, log=None):
    if subprocess.call([str(part) for part in command], env=env, cwd=str(ROOT), stdout=log, stderr=log):
        stop(
            "安装没有完成：上面是出错的命令的输出。请检查网络后再运行一次；已下载的部分不会丢。",
            "The set-up did not finish: the lines above are the failing command's own. "
            "Check the network and run it again; what was downloaded is kept.",
        )


def set_up(level, python, env, log=None):
    uv = shutil.which("uv")
    lock = ROOT / SETS[level]
    if installed()[0] != VERSION:
        if uv:
            run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], env, log)
        else:
            run([sys.executable, "-m", "venv", "--clear", VENV], env, log)
    # What is never imported is never compiled: half the time and 150 MB less with pip, as uv does by itself.
    pip = [uv, "pip", "install", "--quiet", "--python", python] if uv else [
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    run([*pip, "--no-deps", "--require-hashes", "-r", lock], env, log)
    run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], env, log)
    # A set that is there counts for every smaller one.
    STAMP.write_text("\n".join([VERSION] + [fingerprint(each) for each in range(level + 1)]))


def lab(python, words, env):
    """Open JupyterLab at once; what only some chapters need (scipy and the like) comes in behind it."""
    desk = subprocess.Popen([str(python), "-m", "casekit", *words], env=env)
    try:
        # Help and a refused port end at once: nothing more is wanted then.
        desk.wait(timeout=3)
    except subprocess.TimeoutExpired:
        with open(str(VENV / "kit.log"), "wb") as log:
            try:
                set_up(1, python, env, log)
            except SystemExit:
                print("有些章节需要的软件包没有装完，下次打开时会继续；详情见 .venv/kit.log。\n"
                      "Some chapters' packages are not in yet; the next start goes on. See .venv/kit.log.", flush=True)
    return desk.wait()


def main(words):
    if sys.version_info < (3, 11):
        stop(
            "casekit 需要 Python 3.11 或更新的版本，现在是 %d.%d。请从 python.org 安装后再试。" % sys.version_info[:2],
            "casekit needs Python 3.11 or newer; this is %d.%d. Install one from python.org and try again."
            % sys.version_info[:2],
        )
    if not words or words[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    # PYTHONDONTWRITEBYTECODE makes every kernel start three times slower; UTF-8 keeps Chinese whole on Windows.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONUTF8"] = "1"
    level = needed(words)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not ready(level):
        if not os.access(str(ROOT), os.W_OK):
            stop(
                "文件夹 %s 不能写入。请把它复制到自己的文件夹里再运行。" % ROOT,
                "The folder %s cannot be written to. Copy it into a folder of your own and run it there." % ROOT,
            )
        print("正在安装 / Setting up (%s) …" % SETS[level], flush=True)
        set_up(level, python, env)
    if words[0] == "lab" and not ready(1):
        return lab(python, words, env)
    words = ["-m", "pytest", "-n", "auto", "--dist", "loadfile", *words[1:]] if words[0] == "test" else [
        "-m", "casekit", *words]
    return subprocess.call([str(python), *words], env=env, cwd=str(ROOT) if words[1] == "pytest" else None)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
