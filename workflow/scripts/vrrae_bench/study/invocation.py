"""What Snakemake makes of a profile, configuration files and single keys.

Snakemake's own parser reads them, so that commands which only ask (`make config`, `make plan`, `make targets`) see the
configuration that a run with the same options sees. The rule that surprises is Snakemake's: an option on the command
line replaces the whole entry of the same name in a profile. With `--profile P --configfile mine.yaml` the configuration
file that P names is not read.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from vrrae_bench.study.checks import refuse_other_devices
from vrrae_bench.study.layers import merge
from vrrae_bench.study.reading import BASE, check_settings, read_file
from vrrae_bench.study.settings import Settings
from vrrae_bench.system.errors import UserError

# The keys of a profile that decide what is run, with which resources. All others say how jobs are submitted; without
# them every profile can be planned, whether the plug-in that it submits with is installed or not.
PLANNING_KEYS = (
    *("configfile", "configfiles", "config", "replace-workflow-config"),
    *("set-threads", "set-resources", "default-resources", "groups", "group-components", "cores", "jobs"),
)


@dataclass(frozen=True)
class Invocation:
    """Options of Snakemake that decide the configuration, with Snakemake's names and meanings."""

    profiles: tuple[str, ...] = ()
    configfiles: tuple[Path, ...] = ()
    config: tuple[str, ...] = ()

    def parse(self, *others: str) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
        """Snakemake's parser, and what it makes of these options and of `others`, which come first.

        Raises:
            UserError: Snakemake refuses them, or a profile or a file cannot be read; with the reason.
        """
        from snakemake.cli import parse_args

        told = StringIO()
        with (
            _only_planning(_profiles_named(_profile_words(self.profiles))) as folders,
            redirect_stdout(told),
            redirect_stderr(told),
        ):
            # Without a profile this word keeps Snakemake from the one of the environment, which was looked up above.
            words = [*others, *_profile_words(folders or ["none"])]
            words += ["--configfile", *map(str, self.configfiles)] if self.configfiles else []
            words += ["--config", *self.config] if self.config else []
            try:
                return parse_args(words)
            except (SystemExit, Exception) as error:  # Snakemake's own have no common kind
                raise UserError(f"Snakemake does not understand this:\n{told.getvalue().strip() or error}") from None

    def settings(self) -> Settings:
        """The configuration of a run with these options.

        Raises:
            UserError: It has problems; all are told at once. Or a profile and it contradict each other.
        """
        _, parsed = self.parse()
        return settings_of(parsed)

    def profile_values(self) -> dict[str, Any]:
        """The entries of the profiles, of which a later one replaces those of an earlier one."""
        profiles = _profiles_named(_profile_words(self.profiles))
        return {key: value for file in profiles for key, value in _read_profile(file).items()}

    def warnings(self) -> list[str]:
        """Warnings that are printed before anything starts."""
        _, parsed = self.parse()
        return dropped_files(_profile_words(self.profiles), parsed.configfile)


def add_configuration_options(parser: argparse.ArgumentParser) -> None:
    """Options of a command that reads the configuration as Snakemake does."""
    parser.add_argument("--profile", action="append", default=[], help="folder of a profile, as Snakemake takes it")
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="YAML files over config.yaml; as with Snakemake, they replace those that a profile names",
    )
    parser.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="single keys, over all files")


def invocation_of(arguments: argparse.Namespace) -> Invocation:
    """The invocation that a command's options describe."""
    return Invocation(tuple(arguments.profile), tuple(arguments.configfile), tuple(arguments.config))


def settings_asked_for(arguments: argparse.Namespace) -> Settings:
    """The configuration that a command's options describe. Warnings are printed on the way.

    Raises:
        UserError: As `Invocation.settings`.
    """
    invocation = invocation_of(arguments)
    for warning in invocation.warnings():
        print(f"Note: {warning}", file=sys.stderr)
    return invocation.settings()


def settings_of(parsed: argparse.Namespace) -> Settings:
    """The configuration of a run for which Snakemake has parsed its options.

    Raises:
        UserError: It has problems, or asks for another accelerator than the resources of its jobs.
    """
    from snakemake.cli import parse_config
    from snakemake.settings.types import ConfigSettings

    base = {} if parsed.replace_workflow_config else read_file(BASE)
    for file in parsed.configfile:
        read_file(file)  # Snakemake, which reads it next, would not say in which file it finds a mistake.
    try:
        single_keys = parse_config(parsed.config)
    except (ValueError, AssertionError) as error:
        raise UserError(f"--config {' '.join(parsed.config)}: {error} Write KEY=VALUE.") from None
    over = ConfigSettings(config=single_keys, configfiles=parsed.configfile).overwrite_config
    settings = check_settings(merge(base, over), " + ".join(map(str, [BASE, *parsed.configfile])))
    refuse_other_devices(settings.accelerator, resources_of(parsed.set_resources, parsed.default_resources))
    return settings


def resources_of(
    by_rule: Mapping[str, Mapping[str, Any]], for_all: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """The resources that a profile or the command line sets, as they were written: by rule, then by name."""
    named = {"every job": for_all or {}, **by_rule}
    return {
        rule: {name: getattr(resource, "raw", resource) for name, resource in resources.items()}
        for rule, resources in named.items()
    }


def storage_options(storage: Any, providers: Mapping[str, Any] | None) -> Iterator[tuple[str, object]]:
    """Where results are stored, if they are stored elsewhere than in a folder, by the names of Snakemake's options.

    Args:
        storage: Snakemake's settings of storage.
        providers: The settings of each plug-in for storage.
    """
    name = storage.default_storage_provider
    yield "default-storage-prefix", storage.default_storage_prefix
    if providers and name in providers:
        yield f"storage-{name}-endpoint-url", getattr(providers[name].get_settings(), "endpoint_url", None)


def slice_options(submit: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """What tpu.env says, if a command submits jobs as the profile for TPU slices does.

    Args:
        submit: The command that submits jobs, or none.
        environment: The variables of the shell, of which TPU_ENV may name another file.

    Returns:
        The values by their names, each with the name of the file: `PROJECT in tpu.env`.
    """
    beside = Path(submit).with_name("tpu.env") if submit else None
    if beside is None or not beside.exists():
        return {}
    file = Path(environment.get("TPU_ENV") or beside)
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    values = re.findall(r"^(\w+)=([^\s#]*)", text, flags=re.MULTILINE)
    return {f"{name} in tpu.env": value for name, value in values}


def use_this_interpreter(*, needed: bool) -> None:
    """Make the interpreter that runs Snakemake the `python` that rules call, even if its environment is not active.

    If Snakemake sets up a conda environment or a container for a job, the `python` of that environment comes first.

    Args:
        needed: Whether jobs have no environment of their own.

    Raises:
        UserError: It is needed, and there is no `python` beside this interpreter.
    """
    folder = str(Path(sys.executable).parent)
    if needed and not shutil.which("python", path=folder):
        raise UserError(
            f"rules call `python`, and there is no `python` beside {sys.executable}, which runs Snakemake. Run it in a "
            "virtual environment: make environment, then .venv/bin/snakemake."
        )
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([folder, *(other for other in folders if other != folder)])


def command_line() -> list[str]:
    """The words with which Snakemake was started, or none if it was started by another program."""
    started_by_name = Path(sys.argv[0]).name in ("snakemake", "__main__.py")
    return sys.argv[1:] if started_by_name else []


def targets_named() -> list[str]:
    """The targets that the command line of Snakemake names, while it still reads the rules."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser().parse_known_args(command_line())[0].targets or []


def dropped_files(arguments: Sequence[str], configfiles: Iterable[Path], folder: str | Path = ".") -> list[str]:
    """A warning for each configuration file that a profile names and that is not read.

    Args:
        arguments: Words of Snakemake's command line, among them those that name profiles.
        configfiles: The files that are read besides config.yaml.
        folder: The folder in which Snakemake was started. With `--directory` it works in another folder.
    """
    read = {Path(folder, file).resolve() for file in configfiles}
    warnings = []
    for profile in _profiles_named(arguments, folder):
        named = [os.path.relpath(Path(folder, file), folder) for file in _configfiles(_read_profile(profile))]
        dropped = [file for file in named if Path(folder, file).resolve() not in read]
        if dropped:
            both = " ".join([*dropped, *(os.path.relpath(Path(folder, file), folder) for file in configfiles)])
            warnings.append(
                f"{profile} names {', '.join(dropped)}, which is not read: --configfile on the command line replaces "
                f"it. To lay your file over it, name both: --configfile {both}"
            )
    return warnings


def _profile_words(profiles: Iterable[str | Path]) -> list[str]:
    return [word for profile in profiles for word in ("--profile", str(profile))]


def _configfiles(profile: Mapping[str, Any]) -> list[str]:
    files = profile.get("configfile", profile.get("configfiles", []))
    return [files] if isinstance(files, str) else list(map(str, files))


def _profiles_named(arguments: Sequence[str], folder: str | Path = ".") -> list[Path]:
    """The files of the profiles that a command line or, if it names none, the environment asks for.

    Raises:
        UserError: There is no such profile.
    """
    from snakemake.cli import get_argument_parser, get_profile_dir

    names = get_argument_parser().parse_known_args(list(arguments))[0].profile or []
    files = []
    for name in names if names != ["none"] else []:
        here = Path(folder, name)
        found = get_profile_dir(str(here) if here.exists() else name) if name else None
        if found is None:
            known = ", ".join(sorted(folder.name for folder in BASE.parent.glob("workflow/profiles/*")))
            raise UserError(
                f"{name}: there is no such profile. Known in workflow/profiles: {known}. "
                "Use: make plan PROFILE=workflow/profiles/NAME"
            )
        files.append(found[1])
    return files


def _read_profile(file: Path) -> dict[str, Any]:
    """The entries of a profile, as Snakemake takes them."""
    from snakemake.profiles import ProfileConfigFileParser

    try:
        with file.open(encoding="utf-8") as stream:
            return dict(ProfileConfigFileParser().parse(stream))
    except Exception as error:  # of yte, YAML and configargparse, which have no common kind
        raise UserError(f"{file}: cannot be read as a profile: {error}") from None


@contextmanager
def _only_planning(profiles: Sequence[Path]) -> Generator[list[Path]]:
    """Folders of profiles that are copies of these, with no entry but those that decide the plan."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder, str(number)) for number, _ in enumerate(profiles)]
        for copy, profile in zip(copies, profiles):
            copy.mkdir()
            kept = {key: value for key, value in _read_profile(profile).items() if key in PLANNING_KEYS}
            # Snakemake refuses a profile without a key, and a dry run runs nothing on this core.
            (copy / "config.yaml").write_text(yaml.safe_dump(kept or {"cores": 1}), encoding="utf-8")
        yield copies
