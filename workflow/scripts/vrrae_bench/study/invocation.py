"""How Snakemake reads a profile, configuration files and single keys.

Snakemake's own parser reads them here too. So commands that run nothing (`make config`, `make plan`, `make targets`)
see the same configuration as a run with the same options. One rule of Snakemake surprises: an option on the command
line replaces the whole entry of the same name in a profile. With `--profile P --configfile mine.yaml`, the
configuration file that P names is not read.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from vrrae_bench.study.layers import merge
from vrrae_bench.study.reading import BASE, check_files, check_settings, read_file
from vrrae_bench.study.settings import Settings
from vrrae_bench.study.submission import refuse_other_devices, resources_of
from vrrae_bench.system.errors import UserError

# The keys of a profile that decide which jobs are run, and with which resources. All other keys say how jobs are
# submitted. They are left out, so that a profile can be planned even if the plug-in that submits its jobs is not
# installed.
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
        """Snakemake's parser, and the options as it parses them.

        Args:
            others: Words that stand on the command line before these options.

        Raises:
            UserError: Snakemake refuses the options, or a profile or a file cannot be read. The message has the reason.
        """
        from snakemake.cli import parse_args

        told = StringIO()
        with (
            _only_planning(_profiles_named(_profile_words(self.profiles))) as folders,
            redirect_stdout(told),
            redirect_stderr(told),
        ):
            # If no profile is asked for, `none` keeps Snakemake from looking for one in the environment a second time.
            words = [*others, *_profile_words(folders or ["none"])]
            words += ["--configfile", *map(str, self.configfiles)] if self.configfiles else []
            words += ["--config", *self.config] if self.config else []
            try:
                return parse_args(words)
            except (SystemExit, Exception) as error:  # Snakemake's own errors have no common class
                raise UserError(f"Snakemake does not understand this:\n{told.getvalue().strip() or error}") from None

    def settings(self) -> Settings:
        """The configuration of a run with these options.

        Raises:
            UserError: The configuration has problems, which are all told at once. Or a profile contradicts it.
        """
        _, parsed = self.parse()
        return settings_of(parsed)

    def profile_values(self) -> dict[str, Any]:
        """The entries of the profiles. An entry of a later profile replaces the entry of an earlier profile."""
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
        UserError: The configuration has problems, or has another accelerator than the resources of its jobs.
    """
    from snakemake.cli import parse_config
    from snakemake.settings.types import ConfigSettings

    base = {} if parsed.replace_workflow_config else read_file(BASE)
    check_files(parsed.configfile)
    try:
        single_keys = parse_config(parsed.config)
    except (ValueError, AssertionError) as error:
        raise UserError(f"--config {' '.join(parsed.config)}: {error} Write KEY=VALUE.") from None
    over = ConfigSettings(config=single_keys, configfiles=parsed.configfile).overwrite_config
    settings = check_settings(merge(base, over), " + ".join(map(str, [BASE, *parsed.configfile])))
    refuse_other_devices(settings.accelerator, resources_of(parsed.set_resources, parsed.default_resources))
    return settings


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
                "Name one of these, as workflow/profiles/NAME, or the folder of a profile of your own."
            )
        files.append(found[1])
    return files


def _read_profile(file: Path) -> dict[str, Any]:
    """The entries of a profile, as Snakemake takes them."""
    from snakemake.profiles import ProfileConfigFileParser

    try:
        with file.open(encoding="utf-8") as stream:
            return dict(ProfileConfigFileParser().parse(stream))
    except Exception as error:  # the errors of yte, YAML and configargparse have no common class
        raise UserError(f"{file}: cannot be read as a profile: {error}") from None


@contextmanager
def _only_planning(profiles: Sequence[Path]) -> Generator[list[Path]]:
    """Copies of profiles, each in a folder of its own, with only those entries that decide the plan."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder, str(number)) for number, _ in enumerate(profiles)]
        for copy, profile in zip(copies, profiles):
            copy.mkdir()
            kept = {key: value for key, value in _read_profile(profile).items() if key in PLANNING_KEYS}
            # Snakemake refuses a profile without a key. The number of cores does not matter, because nothing is run.
            (copy / "config.yaml").write_text(yaml.safe_dump(kept or {"cores": 1}), encoding="utf-8")
        yield copies
