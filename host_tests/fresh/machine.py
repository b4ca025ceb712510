# SPDX-License-Identifier: MIT
"""A fresh, minimal Debian that runs on the host like a separate machine.

The machine has a root directory from debootstrap, and its own mounts, processes and network. It reaches the
Internet through slirp4netns. From the host it gets only what apt, pip and npm need to reach their registries:
proxy and index settings, and the CA certificates. Its user `user` may use sudo.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = pathlib.Path("home/user")
CHECKOUT = HOME / "autoip"

# The packages of a user who has cloned the project and can run make. The project must install all other
# packages.
PACKAGES = "ca-certificates,git,make,sudo"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
CERTIFICATES = pathlib.Path("etc/ssl/certs/ca-certificates.crt")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
PIP_SETTINGS = ("index-url", "proxy", "retries", "timeout", "trusted-host")
NPM_SETTINGS = ("https-proxy", "noproxy", "proxy", "registry")
DNS = "nameserver 10.0.2.3\n"  # slirp4netns answers at this address

# Process 1 of the machine. It ignores SIGCHLD, so the kernel reaps orphaned processes.
BOOT = """
root=$1
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/net dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mknod -m 666 dev/net/tun c 10 200
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
echo fresh > proc/sys/kernel/hostname
trap '' CHLD
echo booted
exec chroot . sleep infinity
"""


def output(*command):
    """The output of a command, or an empty string if the command does not exist."""
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    except FileNotFoundError:
        return ""


def mirror():
    """The mirror of Debian that the host's apt uses, or deb.debian.org."""
    targets = output(
        "apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"
    )
    found = [line.split()[2] for line in targets.splitlines() if line.startswith("Debian main ")]
    return next((each for each in found if "security" not in each), "http://deb.debian.org/debian/")


def make_base(dist, base):
    """Write a minimal Debian to the file `base`, a tar archive."""
    base.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base.parent) as folder:
        command = ["debootstrap", "--variant=minbase", f"--keyring={KEYRING}", f"--include={PACKAGES}"]
        done = subprocess.run(
            [*command, dist, folder, mirror()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise OSError(f"{done.stdout[-2000:]}\ndebootstrap {dist}: failed, see above")
        partial = base.with_suffix(".partial")
        subprocess.run(["tar", "-C", folder, "-cf", partial, "."], check=True)
        partial.rename(base)


def make_root(base, root):
    """Unpack a minimal Debian, and add a user and the host's settings for the registries."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", root, "-xf", base], check=True)
    root.chmod(0o755)  # debootstrap used a temporary directory, which only root can read
    subprocess.run(["chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "user"], check=True)
    sudoers = root / "etc/sudoers.d/user"
    sudoers.write_text(f'user ALL=(ALL) NOPASSWD: ALL\nDefaults env_keep += "{" ".join(PROXIES)}"\n')
    sudoers.chmod(0o440)
    (root / "etc/resolv.conf").write_text(DNS)
    (root / "etc/hosts").write_text("127.0.0.1 localhost fresh\n::1 localhost\n")
    (root / "etc/apt/apt.conf.d/90outside").write_text(apt_settings())
    (root / "etc/pip.conf").write_text(pip_settings())
    (root / "etc/npmrc").write_text(npm_settings())
    if (pathlib.Path("/") / CERTIFICATES).exists():
        shutil.copyfile(pathlib.Path("/") / CERTIFICATES, root / CERTIFICATES)


def clone(root):
    """Give the machine's user a clone of HEAD."""
    # The checkout may belong to a user other than root. `git clone` does not pass `-c safe.directory` to
    # the programs that it starts.
    settings = root / "tmp/gitconfig"
    settings.write_text("[safe]\n\tdirectory = *\n")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": str(settings)}
    subprocess.run(
        ["git", "clone", "--quiet", "--no-local", ROOT, root / CHECKOUT], env=environment, check=True
    )
    settings.unlink()
    give_to_user(root)


def give_to_user(root):
    subprocess.run(["chroot", root, "chown", "-R", "user:user", f"/{CHECKOUT}"], check=True)


def apt_settings():
    return "".join(
        re.findall(r"^Acquire::(?:https?|Retries)\b.*\n", output("apt-config", "dump"), re.MULTILINE)
    )


def pip_settings():
    lines = re.findall(
        r"^(?:global|:env:)\.([\w-]+)='(.*)'$", output("python3", "-m", "pip", "config", "list"), re.MULTILINE
    )
    settings = {name.removeprefix("default-"): value for name, value in lines}
    chosen = {"cert": f"/{CERTIFICATES}"} | {
        name: settings[name] for name in PIP_SETTINGS if name in settings
    }
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in chosen.items())


def npm_settings():
    lines = {f"cafile=/{CERTIFICATES}\n"}
    for name in NPM_SETTINGS:
        value = output("npm", "config", "get", name).strip()
        if value not in ("", "null", "undefined"):
            lines.add(f"{name}={value}\n")
    return "".join(sorted(lines))


class Machine:
    """A running machine with a given root directory. close() ends all its processes."""

    def __init__(self, root):
        boot = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--fork",
            "--kill-child",
            "sh",
            "-euc",
            BOOT,
            "sh",
            root,
        ]
        self._init = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._network = None
        if self._init.stdout.readline() != "booted\n":
            raise OSError(
                "this needs root, mounts and namespaces. In a container, use docker run --privileged"
            )
        (self._pid,) = (
            pathlib.Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        )
        self._connect()

    def _connect(self):
        ready, ready_writer = os.pipe()
        command = [
            "slirp4netns",
            "--configure",
            "--mtu=65520",
            "--disable-host-loopback",
            f"--ready-fd={ready_writer}",
        ]
        self._network = subprocess.Popen(
            [*command, self._pid, "tap0"],
            pass_fds=[ready_writer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(ready_writer)
        with open(ready, "rb") as file:
            if not file.read(1):
                raise OSError(f"slirp4netns: {self._network.communicate()[1].decode().strip()}")

    def command(self, command, user="user", shell=("bash", "-c"), **variables):
        """The argument list that runs a shell command in the checkout, as the machine's user or as root."""
        environment = _environment(user) | variables
        enter = f"nsenter --target {self._pid} --mount --net --pid --uts --root --wdns=/{CHECKOUT} env -i"
        become = f"setpriv --reuid={user} --regid={user} --init-groups"
        pairs = [f"{name}={value}" for name, value in environment.items()]
        return [*enter.split(), *pairs, *become.split(), *shell, command]

    def close(self):
        for process in (self._network, self._init):
            if process:
                process.kill()
                process.wait()


def _environment(user):
    sbin = "/usr/local/sbin:/usr/sbin:/sbin:" if user == "root" else ""
    return {
        "HOME": "/root" if user == "root" else f"/{HOME}",
        "LANG": "C.UTF-8",
        "LOGNAME": user,
        "NODE_EXTRA_CA_CERTS": f"/{CERTIFICATES}",
        "PATH": f"{sbin}/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
        "TERM": os.environ.get("TERM", "dumb"),
        "USER": user,
    } | {name: os.environ[name] for name in PROXIES if name in os.environ}
