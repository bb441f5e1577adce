"""While tests run, each call of the package is checked against its annotations, with the shapes of arrays."""

import runpy
from importlib.util import cache_from_source

import jax
import jax.numpy as jnp
import pytest
import typechecker
from jaxtyping import TypeCheckError, _import_hook
from typechecker import unchecked

import vrrae_bench
from vrrae_bench.models.convolutions import conv_valid


@pytest.fixture
def convolution():
    """A factory: what a convolution with five outputs makes of images, with some of its biases."""
    return lambda biases: conv_valid(jnp.zeros((2, 6, 6, 4)), jnp.zeros((3, 3, 4, 5)), jnp.zeros(biases))


def test_an_array_of_another_shape_is_an_error_where_it_would_be_broadcast(convolution, pytestconfig):
    if not pytestconfig.getoption("jaxtyping_packages"):
        pytest.skip("types are not checked")
    assert convolution(5).shape == (2, 4, 4, 5)
    with pytest.raises(TypeCheckError, match="'bias'"):
        convolution(1)


def test_within_unchecked_types_are_not_checked(convolution):
    with unchecked():
        assert convolution(1).shape == (2, 4, 4, 5)
        with unchecked():
            pass
        assert convolution(1).shape == (2, 4, 4, 5), "the inner one has ended the outer one"


def test_only_the_compiled_code_of_the_package_is_kept_in_files_of_other_names():
    """Commands would run checked code, if it were kept where Python looks for the usual one."""
    name = _import_hook._optimized_cache_from_source
    assert name("0", vrrae_bench.__file__) != cache_from_source(vrrae_bench.__file__)
    elsewhere = "/home/user/vrrae_bench/.venv/lib/python3.11/site-packages/jax/__init__.py"  # a checkout of this name
    for library in (jax.__file__, elsewhere):
        assert name("0", library) == cache_from_source(library)


def test_another_version_of_jaxtyping_is_told_with_what_to_do(monkeypatch):
    monkeypatch.delattr(_import_hook, "_optimized_cache_from_source")
    with pytest.raises(RuntimeError, match=r"version 0\.3\.11 has, and .* Install the version that envs/requirements"):
        runpy.run_path(typechecker.__file__)
