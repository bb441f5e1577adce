"""Set up a virtual environment from a lock, and say whether there is one as the lock has it.

    python3 envs/environment.py check  .venv envs/requirements.txt    only asks: changes nothing, and says what to type
    python3 envs/environment.py ensure .venv envs/requirements.txt    builds it if there is none, otherwise only asks
    python3 envs/environment.py build  .venv envs/requirements.txt    builds it again if it is not as the lock has it
    python3 envs/environment.py add    .venv envs/cluster.txt         installs another lock into it

The Makefile calls it before any package is installed, so it needs the standard library alone. It keeps to what Python
3.6 knows, so that a Python which is too old for the project can still say so.

What was installed is recorded as a copy of the lock inside the environment. Its content decides, never a time: a lock
that git has written anew changes nothing, and neither do other hashes for the same versions.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
# PyTorch's CPU build needs none of these packages, which make up most of the 6 GB.
FOR_GPUS = re.compile(r"(nvidia|cuda|triton)\b")
INSTALLERS = ("pip", "uv")
SIGN_OF_LIFE = 30  # seconds between two lines while a command runs
OTHER_INDEX = "# torch and torchvision come from another index\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["check", "ensure", "build", "add"])
    parser.add_argument("folder", type=Path, help="folder of the environment")
    parser.add_argument("lock", type=Path, help="file with exact versions and their hashes")
    parser.add_argument("--installer", choices=INSTALLERS, default=INSTALLERS[0], help="uv is to be on the PATH")
    parser.add_argument("--torch-index", default="", help="index of PyTorch's CPU build, instead of the lock's torch")
    arguments = parser.parse_args()
    folder, lock = Path(os.path.abspath(str(arguments.folder))), arguments.lock
    if not lock.is_file():
        sys.exit(f"error: {lock} is not there. Start make in the folder of the project.")
    problem = what_is_wrong(folder, lock)
    if arguments.action == "check" or (arguments.action == "ensure" and os.path.lexists(str(folder))):
        if problem:
            sys.exit(f"error: {problem}\nNothing was changed. Type: make environment")
        return
    other_index = bool(arguments.torch_index) and not has_other_index(folder, lock)
    if not problem and not other_index:
        record(folder, lock, has_other_index(folder, lock))
        shutil.rmtree(str(former(folder)), ignore_errors=True)
        print(f"{arguments.folder} is as {lock} has it")
        return
    refuse_if_not_ours_to_change(folder)
    if arguments.installer == "uv" and not shutil.which("uv"):
        sys.exit(
            "error: uv is not on the PATH. Nothing was changed. Install it as https://docs.astral.sh/uv says, or "
            "leave out INSTALLER=uv."
        )
    if arguments.action == "add":
        if not (folder / "bin/python").exists():
            sys.exit(f"error: {folder}: there is no environment yet. Type: make environment")
        install(folder, lock, arguments.installer, arguments.torch_index)
    else:
        refuse_unsuitable_python()
        build(folder, lock, arguments.installer, arguments.torch_index)


def former(folder: Path) -> Path:
    """Where an environment waits while its successor is built."""
    return folder.with_name(folder.name + ".former")


def build(folder: Path, lock: Path, installer: str, torch_index: str) -> None:
    """Make the environment again; if that fails, the former one comes back."""
    waiting = former(folder)
    if waiting.exists():  # a build was killed: what it left is incomplete
        shutil.rmtree(str(folder), ignore_errors=True)
    elif folder.exists():
        folder.rename(waiting)
    try:
        print(f"Making {folder} with Python {sys.version.split()[0]}", flush=True)
        # Not `sys.executable`, which is in the very folder if the environment is activated.
        run([sys._base_executable, "-m", "venv", str(folder)], folder)
        install(folder, lock, installer, torch_index)
    except BaseException:
        if waiting.exists():
            shutil.rmtree(str(folder), ignore_errors=True)
            waiting.rename(folder)
            print(f"The former {folder} is back as it was.", file=sys.stderr)
        raise
    shutil.rmtree(str(waiting), ignore_errors=True)


def what_is_wrong(folder: Path, lock: Path) -> str:
    """Why the environment is not as the lock has it; empty if it is."""
    if not os.path.lexists(str(folder)):
        return f"{folder} is not there yet."
    python = folder / "bin/python"
    if not os.access(str(python), os.X_OK):
        return f"{folder}: its Python is not there. (If it comes from a module, load that first.)"
    made_at = re.search(r"^command = .* (/.*)$", read(folder / "pyvenv.cfg"), flags=re.MULTILINE)
    if made_at and not folder.is_symlink() and not made_at.group(0).endswith(" " + str(folder)):
        return f"{folder} was made in {made_at.group(1)}, and its programs still start the files there."
    recorded, wanted = pins(read(copy_of(lock, folder))), pins(lock.read_text())
    if not recorded:
        return "" if installed(python, wanted) else f"{folder} is incomplete, or was not made from {lock}."
    different = sorted(wanted - recorded) + sorted("no " + pin for pin in recorded - wanted)
    if not different:
        return ""
    shown = ", ".join(pin.split(" ;")[0] for pin in different[:3]) + (", …" if len(different) > 3 else "")
    return f"{folder} was made from another version of {lock}, which now has {shown}."


def pins(text: str) -> "set[str]":
    """Lines `name==version ; marker` of a lock, without hashes and comments."""
    lines = (line.rstrip("\\").strip() for line in text.splitlines() if not line.startswith(("#", " ")))
    return {line for line in lines if line}


def installed(python: Path, wanted: "set[str]") -> bool:
    """Whether pip finds nothing to install; for environments that have no record."""
    pip = [str(python), "-I", "-m", "pip", "--isolated", "install", "--no-index", "--no-deps", "--dry-run", "--quiet"]
    told = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run([*pip, "-r", "/dev/stdin"], input="\n".join(sorted(wanted)).encode(), **told).returncode == 0


def copy_of(lock: Path, folder: Path) -> Path:
    """Where an environment keeps a copy of a lock that it holds."""
    return folder / "locks" / lock.name


def has_other_index(folder: Path, lock: Path) -> bool:
    return read(copy_of(lock, folder)).startswith(OTHER_INDEX)


def read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def record(folder: Path, lock: Path, other_index: bool) -> None:
    """Note that the environment holds a lock; not through a link, behind which stands the environment of others."""
    if folder.is_symlink():
        return
    copy = copy_of(lock, folder)
    copy.parent.mkdir(exist_ok=True)
    temporary = copy.with_name(copy.name + ".new")
    temporary.write_text(OTHER_INDEX * other_index + lock.read_text())
    os.replace(str(temporary), str(copy))


def refuse_if_not_ours_to_change(folder: Path) -> None:
    """Stop where a change would pull an environment away from under somebody."""
    if folder.is_symlink():
        sys.exit(
            f"error: {folder} is a link to {folder.resolve()}, which others may be using. Nothing was changed.\n"
            f"Remove the link for an environment of its own here: rm {folder}"
        )
    if folder.exists() and not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
        sys.exit(f"error: {folder} contains something other than an environment. Nothing was changed. Move it away.")
    locks = folder.parent / ".snakemake/locks"
    if locks.is_dir() and any(locks.iterdir()):
        sys.exit(
            f"error: a Snakemake is running in this folder, on this machine or another: {locks} has its locks. "
            "Nothing was changed.\n"
            f"Wait until it ends. If it was killed and none runs, remove the locks: rm -r {locks}"
        )
    users = [f"{number}: {command[:100]}" for number, command in processes_of(folder)]
    if users:
        sys.exit(
            "error: programs of {} are running. Nothing was changed.\nWait until they end, or end them:\n  {}".format(
                folder, "\n  ".join(users)
            )
        )


def processes_of(folder: Path) -> "list[tuple[int, str]]":
    """Processes of this machine that were started from an environment, or have loaded a library of it.

    Where there is no /proc (macOS), a process is known by its command line alone.
    """
    inside = str(folder) + os.sep
    if not Path("/proc/self/maps").exists():
        listed = subprocess.check_output(["ps", "-axo", "pid=,command="]).decode(errors="replace").splitlines()
        commands = [(int(line.split()[0]), line.strip().split(" ", 1)[-1]) for line in listed]
        return [(number, command) for number, command in commands if inside in command and number != os.getpid()]
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, variables, libraries = (
                (process / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ", "maps")
            )
            here = os.readlink(str(process / "cwd"))
        except OSError:  # it has ended, or is another user's
            continue
        # As the process was called, since the program itself is a link to a Python outside: `python`, by its PATH.
        path = re.search(r"(?:^|\0)PATH=([^\0]*)", variables)
        program = shutil.which(words.split("\0")[0], path=path.group(1) if path else "") or words.split("\0")[0]
        if (os.path.join(here, program).startswith(inside) or inside in libraries) and int(process.name) != os.getpid():
            found.append((int(process.name), words.replace("\0", " ").strip()))
    return found


def refuse_unsuitable_python() -> None:
    """Stop before anything is cleared if this Python cannot make the environment."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(
            f"error: Python 3.11 to 3.13 is needed, and this is {sys.version.split()[0]}. Nothing was changed.\n"
            "Type, for instance: make environment PYTHON=python3.11"
        )
    try:
        import ensurepip  # noqa: F401 -- Debian has it in a package of its own
    except ImportError:
        sys.exit("error: this Python lacks venv. Nothing was changed. On Debian and Ubuntu: apt install python3-venv")


def install(folder: Path, lock: Path, installer: str, torch_index: str) -> None:
    """Install exactly what a lock has, every file verified against its hash, and record it."""
    began = time.monotonic()
    text = lock.read_text()
    print(f"Installing {len(pins(text))} packages of {lock}", flush=True)
    python = str(folder / "bin/python")
    if installer == "uv":
        # Unlike pip, it leaves the compilation of a module to its first import, so that most modules need none.
        command = ["uv", "pip", "install", "--python", python]
    else:
        # -I: a PYTHONPATH of the shell must not make pip believe that a package is there already.
        command = [python, "-I", "-m", "pip", "--disable-pip-version-check", "install"]
    if torch_index:
        install_with_cpu_build(command, folder, text, torch_index)
    else:
        run([*command, "--require-hashes", "-r", str(lock)], folder)
    record(folder, lock, bool(torch_index))
    print(f"{folder} is ready, after {time.monotonic() - began:.0f} seconds")


def install_with_cpu_build(command: "list[str]", folder: Path, text: str, index: str) -> None:
    """The lock with torch and torchvision of another index, which alone vouches for these two.

    Their files are others than those whose hashes the lock has.
    """
    blocks = re.findall(r"^\S.*\n(?:[ \t].*\n)*", text, flags=re.MULTILINE)
    build = [block for block in blocks if re.match(r"(torch|torchvision)==", block)]
    rest = [block for block in blocks if block not in build and not FOR_GPUS.match(block)]
    # Without dependencies: the lock has them all, and those who need torch would miss it, since it is left out here.
    run([*command, "--no-deps", "--require-hashes", "-r", "/dev/stdin"], folder, "".join(rest))
    torch = "\n".join(sorted(pins("".join(build))))
    run([*command, "--no-deps", "--index-url", index, "-r", "/dev/stdin"], folder, torch)


def run(command: "list[str]", folder: Path, text: str = "") -> None:
    """Run a command with this text as its input, and end with it if it fails; meanwhile, tell how a folder grows.

    While pip unpacks packages, it says nothing for minutes.
    """
    began, given = time.monotonic(), text.encode() or None
    with subprocess.Popen(command, stdin=subprocess.PIPE if text else None) as process:
        try:
            while process.returncode is None:
                try:
                    process.communicate(given, timeout=SIGN_OF_LIFE)
                except subprocess.TimeoutExpired:
                    given = None  # it goes on with what it was given
                    seconds, size = time.monotonic() - began, size_of(folder) / 1e9
                    print(f"… {seconds:.0f} s, {size:.1f} GB in {folder}", flush=True)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        sys.exit("error: this command failed, for the reason above: {}".format(" ".join(command)))


def size_of(folder: Path) -> int:
    """Bytes in a folder; a file that is gone by now has none."""
    total = 0
    for place, _, names in os.walk(str(folder)):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                pass
    return total


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted: the environment is not complete")
