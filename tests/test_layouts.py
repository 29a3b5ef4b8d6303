"""Where parameters and what is found out about images lie for the compiled loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import network
from byhand.compiled.blocks.layouts import network_of, room_for, zeros
from byhand.compiled.blocks.sparse import in_vectors
from byhand.compiled.vectors import WIDEST

SIZES = st.lists(st.integers(1, 300), min_size=2, max_size=5)


@given(sizes=SIZES, activation=st.sampled_from(sorted(network.ACTIVATIONS)))
def test_every_layer_begins_where_it_does_in_the_network(sizes: list[int], activation: str) -> None:
    theta = np.arange(network.n_parameters(sizes), dtype=np.float32)
    found = network_of(theta, sizes, activation)
    assert found.sizes.tolist() == sizes
    assert len(found.theta) == len(theta) + WIDEST
    np.testing.assert_array_equal(found.theta[: len(theta)], theta)
    for begin, (weights, _) in zip(found.begins, network.layers(theta, sizes), strict=False):
        assert found.theta[begin] == weights[0, 0]
    assert found.begins[-1] == len(theta)
    assert not np.shares_memory(found.theta, theta)


@given(sizes=SIZES, images=st.integers(1, 200), with_inputs=st.booleans())
def test_no_row_reaches_into_another_nor_shares_its_place_in_the_cache(
    sizes: list[int], images: int, with_inputs: bool
) -> None:
    room = room_for(sizes, images, with_inputs=with_inputs)
    end = 0
    for layer in range(0 if with_inputs else 1, len(sizes)):
        assert room.starts[layer] == end
        assert room.rows[layer] >= sizes[layer]
        assert room.rows[layer] // 16 % 2 == 1
        assert room.rows[layer] % 16 == 0
        end += images * room.rows[layer]
    assert (room.starts[0] < 0) == (not with_inputs)
    assert len(room.a) == len(room.delta) == end + WIDEST
    assert len(room.has_inputs) * 64 >= images
    assert len(room.turned) >= len(room.has_inputs) * sizes[0]


def test_a_row_of_the_first_hidden_layer_has_room_for_whole_vectors() -> None:
    for units in range(1, 400):
        wide = in_vectors.py_func(units)  # type: ignore[attr-defined]  # the function before it was compiled
        end = max(wide, wide + (units - wide + 31) // 32 * 32)
        assert room_for((3, units, 2), 1, with_inputs=False).rows[1] >= end


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_arrays_begin_with_a_cache_line(n: int) -> None:
    for _ in range(20):
        assert zeros(n).ctypes.data % 64 == 0
        assert zeros(n).tolist() == [0] * (n + WIDEST)
