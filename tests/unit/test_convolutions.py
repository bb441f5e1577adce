"""The fast convolutions against the plain ones of XLA, and those against PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from convolution_cases import CASES, PAIRS

from vrrae_bench.models.convolutions import conv_stride2_relu, conv_transpose_relu, conv_valid


def layer(rng, height, width, kernel, inputs, outputs, batch=3):
    x = rng.normal(size=(batch, height, width, inputs))
    weight = rng.normal(size=(kernel, kernel, inputs, outputs))
    return jnp.asarray(x), jnp.asarray(weight), jnp.asarray(rng.normal(size=outputs))


@pytest.mark.parametrize(("kind", "height", "width", "kernel", "inputs", "outputs"), CASES)
def test_fast_and_plain_forms_are_one_function(rng, kind, height, width, kernel, inputs, outputs):
    with jax.enable_x64(True):
        arguments = layer(rng, height, width, kernel, inputs, outputs)
        fast, plain = PAIRS[kind]
        expected = plain(*arguments)
        cotangent = jnp.asarray(rng.normal(size=expected.shape))
        np.testing.assert_allclose(fast(*arguments), expected, atol=1e-10)
        found_gradients, expected_gradients = (
            jax.grad(lambda *a, f=f: jnp.sum(f(*a) * cotangent), argnums=(0, 1, 2))(*arguments) for f in PAIRS[kind]
        )
    for found, wanted in zip(found_gradients, expected_gradients):
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def torch_images(x):
    return torch.tensor(np.asarray(x)).permute(0, 3, 1, 2)


def test_transposed_convolution_is_pytorchs(rng):
    x, weight, bias = layer(rng, 4, 4, 3, 6, 5)
    expected = torch.nn.functional.conv_transpose2d(
        torch_images(x), torch.tensor(np.asarray(weight)).permute(2, 3, 0, 1), torch.tensor(np.asarray(bias)),
        stride=2, padding=1, output_padding=1,
    )  # fmt: skip
    np.testing.assert_allclose(
        conv_transpose_relu(x, weight, bias), expected.relu().permute(0, 2, 3, 1), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(("function", "stride", "padding"), [(conv_stride2_relu, 2, 1), (conv_valid, 1, 0)])
def test_convolutions_are_pytorchs(rng, function, stride, padding):
    x, weight, bias = layer(rng, 9, 8, 3, 6, 5)
    expected = torch.nn.functional.conv2d(
        torch_images(x), torch.tensor(np.asarray(weight)).permute(3, 2, 0, 1), torch.tensor(np.asarray(bias)),
        stride=stride, padding=padding,
    )  # fmt: skip
    expected = expected.relu() if function is conv_stride2_relu else expected
    np.testing.assert_allclose(function(x, weight, bias), expected.permute(0, 2, 3, 1), rtol=1e-4, atol=1e-4)
