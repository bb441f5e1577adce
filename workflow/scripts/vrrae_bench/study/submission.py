"""How jobs are submitted: what a profile and the command line say of it, and checks of it before any job starts.

Snakemake passes these values on as they are. Without the checks, a mistake would show only when a cluster refuses the
first job, which may be after hours of downloads.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vrrae_bench.system.errors import UserError

# The placeholders in the shipped profiles, by the option whose value contains them. None can be a real value, because
# names of buckets, projects and registries are in lower case.
PLACEHOLDERS = {
    "slurm_account": "ACCOUNT",
    "container-image": "REGISTRY",
    "default-storage-prefix": "BUCKET",
    "storage-s3-endpoint-url": "S3.EXAMPLE.ORG",
    # Variables of the file tpu.env.
    "PROJECT": "PROJECT",
    "SHARED": "SERVER",
}


class Option(NamedTuple):
    """A value that says how jobs are submitted.

    Attributes:
        name: The name of the option, resource or variable.
        value: Its value, as it was written.
        file: The file in which it stands. None if it stands in a profile or on the command line.
    """

    name: str
    value: object
    file: Path | None = None

    def __str__(self) -> str:
        return f"{self.name} in {self.file}" if self.file else self.name


def resources_of(
    by_rule: Mapping[str, Mapping[str, Any]], for_all: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """The resources that a profile or the command line sets, as they were written: by rule, then by name."""
    named = {"every job": for_all or {}, **by_rule}
    return {
        rule: {name: getattr(resource, "raw", resource) for name, resource in resources.items()}
        for rule, resources in named.items()
    }


def storage_options(storage: Any, providers: Mapping[str, Any] | None) -> Iterator[Option]:
    """Where results are stored, if they are not stored in a folder, by the names of Snakemake's options.

    Args:
        storage: Snakemake's settings of storage.
        providers: The settings of each plug-in for storage.
    """
    name = storage.default_storage_provider
    yield Option("default-storage-prefix", storage.default_storage_prefix)
    if providers and name in providers:
        endpoint = getattr(providers[name].get_settings(), "endpoint_url", None)
        yield Option(f"storage-{name}-endpoint-url", endpoint)


def options_of_jobs(resources: Any, remote: Any, executor: Any, environment: Mapping[str, str]) -> Iterator[Option]:
    """All that a profile and the command line say of how jobs are submitted.

    Args:
        resources: Snakemake's settings of resources.
        remote: Snakemake's settings of jobs that run on other machines.
        executor: The settings of the plug-in that submits jobs, or none.
        environment: The variables of the shell.

    Raises:
        UserError: As `slice_options`.
    """
    for asked in resources_of(resources.overwrite_resources, resources.default_resources).values():
        yield from (Option(name, value) for name, value in asked.items())
    yield Option("container-image", remote.container_image)
    yield from slice_options(getattr(executor, "submit_cmd", None), environment)


def slice_options(submit: str | None, environment: Mapping[str, str]) -> list[Option]:
    """The settings of TPU slices, if jobs are submitted as in the profile `tpu-slice`.

    The command that submits them has a file `tpu.env` beside it. It reads this file, or the file that the variable
    TPU_ENV names.

    Args:
        submit: The command line that submits jobs, or none.
        environment: The variables of the shell.

    Raises:
        UserError: The command line has an open quotation mark, or there is no file that TPU_ENV names.
    """
    try:
        words = shlex.split(submit or "")
    except ValueError as error:
        raise UserError(
            f"cluster-generic-submit-cmd: a shell could not run {submit} ({error}); nothing was started. Correct it."
        ) from None
    beside = Path(words[0]).parent / "tpu.env" if words else None
    if beside is None or not beside.is_file():
        return []
    file = Path(environment.get("TPU_ENV") or beside)
    if not file.is_file():
        raise UserError(
            f"TPU_ENV: there is no file {file}, where {words[0]} would read the settings of TPU slices; nothing was "
            f"started. Let TPU_ENV name a copy of {beside} with your own values, or unset TPU_ENV and write them into "
            f"{beside}."
        )
    text = file.read_text(encoding="utf-8", errors="replace")
    values = re.findall(r"^(\w+)=([^\s#]*)", text, flags=re.MULTILINE)
    return [Option(name, value, file) for name, value in values]


def refuse_no_cores(asked: Any) -> None:
    """Stop a run in which no job could ever start, and for which Snakemake would wait for ever.

    Args:
        asked: Snakemake's settings of resources.

    Raises:
        UserError: The number of cores, of local cores or of jobs at a time is less than 1.
    """
    for name, number in {"--cores": asked.cores, "--jobs": asked.nodes, "--local-cores": asked.local_cores}.items():
        if number is not None and number < 1:
            raise UserError(
                f"{name} {number}: no job could ever start, and Snakemake would wait for ever. Give 1 or more."
            )


def refuse_other_devices(accelerator: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
    """Stop a run whose jobs would ask for devices that its configuration does not use.

    Such a run would hold GPUs and compute on the CPU. This happens if an option on the command line replaces the
    configuration that a profile names beside its resources. If the resources of a rule name an `accelerator`, the rule
    computes on it, whatever the configuration says, and the rule is not checked. Timings are the exception: they always
    belong to the accelerator of the configuration.

    Args:
        resources: The resources that a profile or the command line asks for, by rule, then by the name of the resource.

    Raises:
        UserError: The resources are for another accelerator than the configuration has.
    """
    by_configuration = {
        rule: asked for rule, asked in resources.items() if "accelerator" not in asked or rule == "time_steps"
    }
    for device, needed in (("GPU", "cuda"), ("TPU", "tpu")):
        rules = [rule for rule, asked in by_configuration.items() if _asks_for(device.lower(), asked)]
        if rules and accelerator != needed:
            raise UserError(
                f"accelerator: is {accelerator}, but the profile or the command line asks for a {device} for "
                f"{', '.join(rules)}; nothing was started.\n"
                f"    An option on the command line replaces the profile's own. To lay your file over the profile's, "
                f"name both: --configfile workflow/profiles/NAME/experiment.yaml mine.yaml. "
                f"Or write `accelerator: {needed}` into yours."
            )


def refuse_unfilled(options: Iterable[Option]) -> None:
    """Stop a run whose profile still has a placeholder where a user has to write a value.

    Slurm, for instance, would refuse each job of an account that does not exist, after all downloads.

    Raises:
        UserError: Some options still have a placeholder.
    """
    unfilled = dict.fromkeys(
        f"{option}: is still {option.value}"
        for option in options
        if option.name in PLACEHOLDERS and PLACEHOLDERS[option.name] in re.split("[/:]", str(option.value))
    )
    if unfilled:
        raise UserError(
            f"{', '.join(unfilled)}; nothing was started. Write your own values into the files of the profile, as the "
            "comments there say, and look at the other lines to fill in."
        )


def _asks_for(device: str, resources: Mapping[str, Any]) -> bool:
    """Whether some resources ask for a `gpu` or a `tpu`, by any of the names that Snakemake's plug-ins have for it."""
    named = (
        name.removeprefix("nvidia_").startswith(device) for name, value in resources.items() if value not in (0, "0")
    )
    # Only the options that ask for devices: `--output` has a `tpu` in it too, and `--exclude=gpu01` wants none.
    of_slurm = rf"--(?:gres|tres-per-\w+)[= ]\S*\b{device}\b|--{device}s?\b"
    gres, options = (str(resources.get(name, "")) for name in ("gres", "slurm_extra"))
    return any(named) or bool(re.search(rf"\b{device}\b", gres) or re.search(of_slurm, options))
