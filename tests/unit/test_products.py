"""`precision: bfloat16` rounds the operands of the three products of a layer, forward and backward, and nothing else.

The references round with ml_dtypes, compute in double precision, in PyTorch or by the plain convolutions.
"""

import re
import sys
from contextlib import nullcontext
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import yaml
from commands import ROOT
from convolution_cases import CASES, PAIRS
from jax.extend.core import ClosedJaxpr, Jaxpr

import timing
import train
from vrrae_bench import fit
from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.convolutions import conv_stride2_relu, conv_transpose_relu, conv_valid
from vrrae_bench.models.layers import Linear
from vrrae_bench.models.products import linear_map
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.study.layers import with_defaults
from vrrae_bench.study.reading import check_settings
from vrrae_bench.system import processor as processors
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.processor import Processor, processor
from vrrae_bench.training.loop import StepSettings, run_steps, start_state

BFLOAT16 = jnp.bfloat16


def rounded(x) -> np.ndarray:
    """The nearest numbers of bfloat16, in double precision."""
    return np.asarray(x, np.float32).astype(BFLOAT16).astype(np.float64)


def assert_close(found, expected):
    """To the rounding of a sum in single precision, where rounded operands are off by some thousandths."""
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(expected).max())


@partial(jax.jit, static_argnums=0)
def values_and_gradients(function, cotangent, *arguments):
    values, pull_back = jax.vjp(function, *arguments)
    return values, pull_back(cotangent)


@pytest.mark.parametrize(("kind", "height", "width", "kernel", "inputs", "outputs"), CASES)
def test_only_the_operands_of_a_convolutions_products_are_rounded(rng, kind, height, width, kernel, inputs, outputs):
    fast, plain = PAIRS[kind]
    x = rng.normal(size=(3, height, width, inputs)).astype(np.float32)
    weight = rng.normal(size=(kernel, kernel, inputs, outputs)).astype(np.float32)
    bias = rng.normal(size=outputs).astype(np.float32)
    shape = jax.eval_shape(plain, x, weight, bias).shape
    cotangent = rng.normal(size=shape).astype(np.float32)
    y, found = values_and_gradients(partial(fast, precision="bfloat16"), cotangent, x, weight, bias)
    passed = cotangent if kind == "valid" else np.where(y > 0, cotangent, 0)
    with jax.enable_x64(True):
        layer = rounded(x), rounded(weight)
        assert_close(y, jax.jit(plain)(*layer, bias.astype(np.float64)))
        lifted = jnp.full(outputs, 1e4)  # no ReLU holds anything back
        _, expected = values_and_gradients(partial(plain, bias=lifted), rounded(passed), *layer)
    for gradient, wanted in zip(found, (*expected, passed.astype(np.float64).sum(axis=(0, 1, 2)))):
        assert_close(gradient, wanted)


@pytest.mark.parametrize("leading", [(5,), (2, 3)])
def test_only_the_operands_of_a_linear_maps_products_are_rounded(rng, leading):
    x = jnp.asarray(rng.normal(size=(*leading, 40)), jnp.float32)
    weight = jnp.asarray(rng.normal(size=(40, 7)), jnp.float32)
    y, pull_back = jax.vjp(lambda *layer: linear_map(*layer, "bfloat16"), x, weight)
    assert_close(y, rounded(x) @ rounded(weight))
    cotangent = jnp.asarray(rng.normal(size=y.shape), jnp.float32)
    of_x, of_weight = pull_back(cotangent)
    assert_close(of_x, rounded(cotangent) @ rounded(weight).T)
    assert_close(of_weight, rounded(x).reshape(-1, 40).T @ rounded(cotangent).reshape(-1, 7))


@pytest.mark.parametrize("kind", PAIRS)
def test_on_gpus_and_tpus_a_whole_convolution_is_in_bfloat16(rng, kind):
    """What the layer is given and returns keeps its type; the gradients of the weights are float32."""
    _, plain = PAIRS[kind]
    layer = [rng.normal(size=shape).astype(np.float32) for shape in ((2, 8, 8, 4), (3, 3, 4, 5), (5,))]
    found, pull_back = jax.vjp(lambda *layer: plain(*layer, "bfloat16"), *layer)
    inside = plain(*(jnp.asarray(array, BFLOAT16) for array in layer))
    assert (found.dtype, inside.dtype) == (np.float32, BFLOAT16)
    np.testing.assert_array_equal(found, inside.astype(np.float32))
    assert {gradient.dtype for gradient in pull_back(found)} == {np.dtype(np.float32)}


def products_of(jaxpr: Jaxpr) -> list[tuple[set[str], str, tuple[int, ...]]]:
    """The types of the operands, the type and the shape of the result, of each product in a program."""
    found = []
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            types = {str(operand.aval.dtype) for operand in equation.invars}
            found.append((types, str(equation.outvars[0].aval.dtype), equation.outvars[0].aval.shape))
        for value in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda v: isinstance(v, ClosedJaxpr)):
            if isinstance(value, ClosedJaxpr | Jaxpr):
                found += products_of(getattr(value, "jaxpr", value))
    return found


def step_of(run_spec, method, precision):
    """A training step, and what it is called with."""
    spec = run_spec(method, precision=precision)
    normalisation = Normalisation(shift=0, scale=255)
    header = ModelHeader(run=spec, image_shape=(28, 28, 1), normalisation=normalisation)
    state, batches = start_state(header), jnp.zeros((1, 16, 28, 28, 1), jnp.uint8)
    arguments = state, batches, np.array([0, 1]), jax.random.key(0), np.zeros(2, np.float32)
    return lambda *arguments: run_steps(StepSettings.of(header), *arguments), arguments


def test_every_product_of_a_step_has_bfloat16_operands_and_float32_sums(run_spec):
    """Of an autoencoder, whose bottleneck has no product of its own. Gradients of biases are sums, and stay float32."""
    step, arguments = step_of(run_spec, "ae", "bfloat16")
    found = products_of(eqx.filter_make_jaxpr(step)(*arguments)[0].jaxpr)
    matrices = [product for product in found if len(product[2]) > 1]
    # Nine layers with a product forward and two backward.
    assert len(matrices) == 27
    assert {(*operands, result) for operands, result, _ in matrices} == {("bfloat16", "float32")}
    sums = [product for product in found if len(product[2]) == 1]
    assert len(sums) == 7 and all(operands == {"float32"} for operands, _, _ in sums)


def test_the_truncation_of_a_step_in_bfloat16_stays_float32(run_spec):
    step, arguments = step_of(run_spec, "vrrae", "bfloat16")
    found = products_of(eqx.filter_make_jaxpr(step)(*arguments)[0].jaxpr)
    assert sum(operands == {"bfloat16"} for operands, _, _ in found) == 27
    assert ({"float32"}, "float32", (12, 12)) in found  # the Gram matrix
    assert {result for _, result, _ in found} == {"float32"}


def test_float32_asks_for_the_program_that_no_precision_asks_for(untrained):
    model, images = untrained("vrrae"), jnp.zeros((16, 28, 28, 1))
    programs = [
        eqx.filter_jit(lambda model, images, p=p: model(images, jax.random.key(0), p)[0]).lower(model, images).as_text()
        for p in ("float32", None)
    ]
    assert programs[0] == programs[1] and "bf16" not in programs[0]


@pytest.mark.skipif(sys.platform != "linux", reason="XLA's library of products is looked at on Linux")
def test_the_compiled_program_multiplies_in_bfloat16():
    """Where XLA's library has no product for such operands, XLA widens them, and nothing would be gained."""
    images = jnp.ones((16, 8, 8, 3))
    shapes = (3, 3, 3, 32), (512, 128), (3, 3, 32, 16), (1, 1, 16, 8)

    def error(weights):
        down, linear, up, last = weights
        x = conv_stride2_relu(images, down, jnp.zeros(32), "bfloat16").reshape(16, -1)
        x = linear_map(x, linear, "bfloat16").reshape(16, 2, 2, 32)
        x = conv_transpose_relu(x, up, jnp.zeros(16), "bfloat16")
        return jnp.sum(conv_valid(x, last, jnp.zeros(8), "bfloat16") ** 2)

    text = jax.jit(jax.grad(error)).lower([jnp.ones(shape) for shape in shapes]).compile().as_text()
    operands = [
        {re.search(rf"%{re.escape(name)} = (\w+)\[", block)[1] for name in (left, right)}
        for block in text.split("\n\n")
        for left, right in re.findall(r"= f32\[\d+,\d+\]\S* dot\(%([\w.-]+), %([\w.-]+)\)", block)
    ]
    assert operands == 11 * [{"bf16"}]  # three of each layer, but for the gradient of the images


def torchs(function, x, kernel, bias):
    """A layer of the network by PyTorch, in double precision."""
    x, kernel, bias = map(torch.tensor, (x.transpose(0, 3, 1, 2), kernel, np.asarray(bias, np.float64)))
    if function is conv_transpose_relu:
        how = dict(stride=2, padding=1, output_padding=1)
        y = torch.nn.functional.conv_transpose2d(x, kernel.permute(2, 3, 0, 1), bias, **how).relu()
    else:
        how = dict(stride=2, padding=1) if function is conv_stride2_relu else {}
        y = torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, **how)
        y = y.relu() if function is conv_stride2_relu else y
    return y.permute(0, 2, 3, 1).numpy()


def test_a_model_is_that_of_rounded_layers_one_after_the_other(untrained, rng):
    model: Autoencoder = untrained("ae")
    images = rng.random((4, 28, 28, 1)).astype(np.float32)
    found = eqx.filter_jit(model)(images, jax.random.key(0), "bfloat16")[0]

    def through(layers, x, seen):
        for layer in layers:
            if isinstance(layer, Linear):
                x = seen(x.reshape(len(x), -1)) @ seen(layer.weight) + np.asarray(layer.bias, np.float64)
            else:
                x = x if x.ndim == 4 else x.reshape(-1, *model.decoder.smallest)
                x = torchs(layer.function, seen(x), seen(layer.kernel), layer.bias)
        return x

    encoder, decoder = model.encoder, model.decoder
    layers = [*encoder.convolutions, encoder.linear, decoder.linear, *decoder.transposed, decoder.last]
    expected, exact = (through(layers, images, seen) for seen in (rounded, lambda x: np.asarray(x, np.float64)))
    effect = np.linalg.norm(expected - exact)
    assert 1e-4 < effect / np.linalg.norm(exact) < 0.02
    assert np.linalg.norm(found - expected) < 0.2 * effect


# The processor.

X86 = Processor("made up", "x86_64", frozenset({"avx2"}))


@pytest.fixture
def on(monkeypatch):
    """A factory: let a processor be that of this host."""
    return lambda here: monkeypatch.setattr(processors, "processor", lambda: here)


@pytest.mark.parametrize(
    ("here", "precision", "accelerator", "refused"),
    [
        (X86, "bfloat16", "cpu", True),
        (X86._replace(flags=frozenset({"avx512_bf16"})), "bfloat16", "cpu", False),
        (X86._replace(flags=frozenset({"amx_bf16", "amx_tile"})), "bfloat16", "cpu", False),
        (Processor("M4", "arm64", frozenset()), "bfloat16", "cpu", False),
        (X86, "bfloat16", "cuda", False),
        (X86, "float32", "cpu", False),
    ],
)
def test_bfloat16_is_refused_where_a_processor_has_none(run_spec, on, here, precision, accelerator, refused):
    on(here)
    told = r"datasets\.tiny\.precision: bfloat16: .*\(made up\) has neither.*Set datasets\.tiny\.precision to float32"
    with pytest.raises(UserError, match=told) if refused else nullcontext():
        train.check_precision(run_spec("ae", precision=precision), accelerator)


def test_commands_refuse_it_before_they_begin(run_spec, on, monkeypatch, tmp_path):
    on(X86)
    run = run_spec("ae", precision="bfloat16").model_dump_json()
    for command, options in (
        (train, ["--run", run, "--checkpoints", str(tmp_path)]),
        (timing, ["--runs", run, "--timing", "{}", "--locks", str(tmp_path)]),
    ):
        there = ["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
        monkeypatch.setattr(sys, "argv", ["command", *options, *there])
        with pytest.raises(UserError, match="has neither avx512_bf16 nor amx_bf16"):
            command.main()
    assert not list(tmp_path.iterdir())


def test_fit_refuses_it_by_the_name_of_its_argument(on):
    on(X86)
    sizes = dict(bottleneck=2, latent_size=4, epochs=1, batch_size=4, learning_rate=1e-3)
    with pytest.raises(UserError, match="^precision: bfloat16: this processor"):
        fit(np.full((8, 28, 28, 1), 255, np.uint8), "ae", precision="bfloat16", **sizes)


def test_the_processor_is_what_linux_says(tmp_path):
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Some Xeon\nflags\t\t: fpu amx_bf16 avx2\n\nprocessor\t: 1\n")
    found = processor(told)
    assert (found.name, found.flags) == ("Some Xeon", {"fpu", "amx_bf16", "avx2"})
    assert processor(tmp_path / "none").flags == frozenset()


def test_models_of_the_earlier_arithmetic_are_not_taken_for_these():
    """Before, all of encoder and decoder computed in bfloat16, in runs whose variant said `precision=bfloat16`."""
    values = with_defaults(yaml.safe_load((ROOT / "config.yaml").read_text()))
    values["datasets"]["mnist"]["precision"] = "bfloat16"
    assert check_settings(values).run("mnist", "ae", 0).variant == "batch=576__products=bfloat16"
