"""What the scores of the features of generated images promise, a test for each promise.

Those of bumps are in test_bumps.py, of collapse in test_diagnostics.py, the mixture's in test_latent.py.
"""

from functools import partial

import mpmath
import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import t
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance
from typechecker import unchecked

from vrrae_bench.scoring import fidelity, kernel_distance, neighbours
from vrrae_bench.scoring.bounds import bounds, real_draws
from vrrae_bench.scoring.fidelity import fid_scores, independent_parts, random_scores
from vrrae_bench.scoring.frechet import Moments, frechet_distance, frechet_distances
from vrrae_bench.scoring.intervals import jackknife, mean_estimate
from vrrae_bench.scoring.kernel_distance import within_sums
from vrrae_bench.scoring.neighbours import NEIGHBOURS, neighbourhoods, radii
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.system.errors import UserError

D = 6
# A normal distribution of real features, one of generated ones, and the distance between the two in closed form.
REAL = Moments(np.zeros(D), np.diag(1 / np.arange(1.0, D + 1)), 10**9)
DEVIATIONS, SHIFT = np.arange(1.0, D + 1) ** -0.35, 0.05
TRUTH = D * SHIFT**2 + np.square(np.arange(1.0, D + 1) ** -0.5 - DEVIATIONS).sum()


def generated(rng, *shape):
    return rng.standard_normal((*shape, D)) * DEVIATIONS + SHIFT


def distance(features):
    return frechet_distance(REAL, features)


def kid(x, y):
    return kernel_distance.kernel_distance(x, y, within_sums(y))


@pytest.fixture
def reference(rng):
    features = (rng.standard_normal((300, D)) * np.sqrt(np.diag(REAL.covariance))).astype(np.float32)
    return Reference.of(Moments.from_features(features), features, rng)


class TestFrechetDistance:
    """Numerics; closed forms and bad input are in test_frechet.py."""

    @staticmethod
    def fifty_digits(x, y):
        with mpmath.workdps(50):
            moments = []
            for rows in (mpmath.matrix(x.tolist()), mpmath.matrix(y.tolist())):
                mean = rows.T * mpmath.ones(rows.rows, 1) / rows.rows
                centred = rows - mpmath.ones(rows.rows, 1) * mean.T
                moments.append((mean, centred.T * centred / (rows.rows - 1)))
            (m1, s1), (m2, s2) = moments
            root = sum(mpmath.sqrt(abs(mpmath.re(value))) for value in mpmath.eig(s1 * s2)[0])
            trace = sum((s1 + s2)[i, i] for i in range(s1.rows))
            return float(mpmath.norm(m1 - m2) ** 2 + trace - 2 * root), float(trace)

    @pytest.mark.parametrize("n", [3, 7, 8, 9, 30])
    @pytest.mark.parametrize("dead", [0, 3], ids=["full", "rank_deficient"])
    def test_it_is_the_fifty_digit_value_around_as_many_images_as_features(self, rng, n, dead):
        x, y = rng.standard_normal((20, 8)) * np.logspace(0, -3, 8), rng.standard_normal((n, 8)) + 0.3
        x[:, :dead] = 0
        y[:, 8 - dead :] = 1
        expected, _ = self.fifty_digits(x, y)
        assert frechet_distance(Moments.from_features(x), y) == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize("n", [4, 100], ids=["fewer_than_features", "more"])
    def test_it_is_that_of_torchmetrics(self, rng, n):
        class Identity(torch.nn.Module):
            num_features = D

            def forward(self, x):
                return x

        x, y = rng.standard_normal((200, D)), generated(rng, n)
        metric = FrechetInceptionDistance(feature=Identity(), normalize=True).set_dtype(torch.float64)
        metric.update(torch.tensor(x), real=True)
        metric.update(torch.tensor(y), real=False)
        assert frechet_distance(Moments.from_features(x), y) == pytest.approx(metric.compute().item(), rel=1e-6)

    @pytest.mark.parametrize("n", [40, 100, 101, 300])
    @pytest.mark.parametrize("rank", [100, 12, 1])
    def test_identical_sets_are_at_zero_up_to_1e_8_of_the_trace(self, rng, n, rank):
        x = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, 100)) * np.logspace(2, -4, 100)
        moments = Moments.from_features(x)
        assert 0 <= frechet_distance(moments, x) <= 1e-8 * np.trace(moments.covariance)

    def test_identical_sets_of_2048_features_are_at_zero(self, rng):
        x = np.maximum(rng.standard_normal((300, 2048)), 0).astype(np.float32) * np.logspace(0, -3, 2048)
        moments = Moments.from_features(x)
        assert 0 <= frechet_distance(moments, x) <= 1e-8 * np.trace(moments.covariance)

    @pytest.mark.parametrize("n", [2, 5, 64, 65, 200])
    def test_it_is_a_real_finite_number_whatever_the_spectra(self, rng, n):
        reference = Moments.from_features(rng.standard_normal((100, 64)) * np.logspace(8, -12, 64))
        for y in (np.zeros((n, 64)), rng.standard_normal((n, 1)) * np.ones(64), np.eye(n, 64) * 1e6):
            value = frechet_distance(reference, y)
            assert isinstance(value, float) and np.isfinite(value) and value >= 0

    def test_it_does_not_depend_on_the_order_of_images_nor_on_how_they_were_batched(self, rng):
        x, y = rng.standard_normal((150, 20)), rng.standard_normal((90, 20)).astype(np.float32)
        expected = frechet_distance(Moments.from_features(x), y)
        in_batches = np.concatenate([y[start : start + 7] for start in range(0, 90, 7)][::-1])
        assert frechet_distance(Moments.from_features(x[::-1]), in_batches) == pytest.approx(expected, rel=1e-10)


@pytest.fixture(scope="module")
@unchecked()
def repetitions():
    """Estimates of each repetition: of the mean over eight draws of 60 images, of all draws, and of the limit."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(1000):
        draws = generated(rng, 8, 60)
        found.append(
            (mean_estimate([distance(draw) for draw in draws]), *jackknife(*frechet_distances(REAL, list(draws))))
        )
    return np.array(found)  # repetitions x 3 x (value, standard error, low, high)


class TestIntervals:
    def covered(self, estimates, truth):
        return np.mean((estimates[:, 2] <= truth) & (truth <= estimates[:, 3]))

    def test_the_interval_over_draws_covers_the_expected_fid_of_a_draw(self, repetitions):
        of_draws = repetitions[:, 0]
        assert 0.93 <= self.covered(of_draws, of_draws[:, 0].mean()) <= 0.97

    def test_the_jackknife_covers_the_expected_fid_of_all_draws(self, repetitions):
        of_all = repetitions[:, 1]
        assert 0.93 <= self.covered(of_all, of_all[:, 0].mean()) <= 0.97

    def test_the_jackknife_covers_the_true_distance_which_fid_itself_is_far_from(self, repetitions):
        of_draws, of_all, limit = repetitions.swapaxes(0, 1)
        assert 0.93 <= self.covered(limit, TRUTH) <= 0.97
        assert limit[:, 0].mean() == pytest.approx(TRUTH, rel=0.03)
        assert of_draws[:, 0].mean() > 1.5 * TRUTH and of_all[:, 0].mean() > 1.05 * TRUTH

    @pytest.mark.parametrize(
        ("decay", "shift"), [(0, 0), (1, 0.3), (2, 0)], ids=["flat, equal", "1/i, apart", "1/i^2, equal"]
    )
    @unchecked()
    def test_they_hold_for_as_few_images_for_each_feature_as_in_config_yaml(self, decay, shift):
        """A draw has 1250 images for 2048 features, eight have 4.9 for each: here 20 and 160 for 32."""
        d, rng = 32, np.random.default_rng(2)
        variances = np.arange(1.0, d + 1) ** -decay
        reference = Moments(np.zeros(d), np.diag(variances), 10**9)
        truth, found = d * shift**2, []
        for _ in range(200):
            draws = rng.standard_normal((8, 20, d)) * np.sqrt(variances) + shift
            of = partial(frechet_distance, reference)
            found.append(
                (mean_estimate([of(draw) for draw in draws]), *jackknife(*frechet_distances(reference, list(draws))))
            )
        of_draws, of_all, limit = np.array(found).swapaxes(0, 1)
        assert self.covered(of_draws, of_draws[:, 0].mean()) >= 0.88
        assert self.covered(of_all, of_all[:, 0].mean()) >= 0.9
        assert self.covered(limit, truth) >= 0.9
        # What the line leaves of the bias; it does not fall with more features, while the chance of the draw does.
        assert abs(limit[:, 0].mean() - truth) < 0.004 * variances.sum()
        assert of_draws[:, 0].mean() - truth > 0.1 * variances.sum()

    def test_the_standard_error_is_the_spread_over_repetitions(self, repetitions):
        for estimates in repetitions.swapaxes(0, 1):
            assert np.sqrt(np.square(estimates[:, 1]).mean()) == pytest.approx(estimates[:, 0].std(), rel=0.15)

    @unchecked()
    def test_a_bootstrap_does_not_cover_it(self, rng):
        """Why there is none: its interval lies above even the biased value that it resamples."""
        covers_truth, covers_expectation = [], []
        expectation = np.mean([distance(generated(rng, 120)) for _ in range(300)])
        for _ in range(40):
            images = generated(rng, 120)
            again = [distance(images[rng.integers(0, 120, 120)]) for _ in range(60)]
            low, high = np.quantile(again, [0.025, 0.975])
            covers_truth.append(low <= TRUTH <= high)
            covers_expectation.append(low <= expectation <= high)
        assert np.mean(covers_truth) < 0.5 and np.mean(covers_expectation) < 0.85

    def test_the_limit_is_the_intercept_of_the_line_through_two_numbers_of_images(self, rng):
        groups = generated(rng, 4, 25)
        without = np.mean([distance(np.delete(groups, j, axis=0).reshape(-1, D)) for j in range(4)])
        _, intercept = np.polyfit([1 / 100, 1 / 75], [distance(groups.reshape(-1, D)), without], deg=1)
        assert jackknife(*frechet_distances(REAL, list(groups))).limit.value == pytest.approx(intercept, rel=1e-9)

    def test_it_is_students_over_the_draws(self):
        estimate = mean_estimate([1.0, 2.0, 6.0])
        assert (estimate.value, estimate.standard_error) == pytest.approx((3, np.sqrt(7 / 3)))
        assert estimate.high - 3 == pytest.approx(t.ppf(0.975, 2) * np.sqrt(7 / 3))
        with pytest.raises(UserError, match="1 independent value"):
            mean_estimate([1.0])


class TestKernelDistance:
    def test_it_is_torchmetrics_kid_of_one_subset_of_all_images(self, rng):
        x, y = generated(rng, 50).astype(np.float32), rng.standard_normal((50, D)).astype(np.float32)

        class Identity(torch.nn.Module):
            num_features = D

            def forward(self, images):
                return images

        metric = KernelInceptionDistance(feature=Identity(), subsets=1, subset_size=50, normalize=True)
        metric.set_dtype(torch.float64)
        metric.update(torch.tensor(y, dtype=torch.float64), real=True)
        metric.update(torch.tensor(x, dtype=torch.float64), real=False)
        assert kid(x, y).value == pytest.approx(metric.compute()[0].item(), rel=1e-5)

    def test_it_is_the_average_over_all_pairs_of_different_images(self, rng):
        x, y = generated(rng, 13), rng.standard_normal((17, D))
        of_x, of_y = (polynomial_kernel(a, degree=3, gamma=1 / D, coef0=1) for a in (x, y))
        expected = of_x[~np.eye(13, dtype=bool)].mean() + of_y[~np.eye(17, dtype=bool)].mean()
        expected -= 2 * polynomial_kernel(x, y, degree=3, gamma=1 / D, coef0=1).mean()
        assert kid(x, y).value == pytest.approx(expected, rel=1e-9)

    def test_its_standard_error_is_the_jackknifes_over_both_sets(self, rng):
        x, y = generated(rng, 11), rng.standard_normal((9, D))
        without_x = np.array([kid(np.delete(x, i, axis=0), y).value for i in range(11)])
        without_y = np.array([kid(x, np.delete(y, j, axis=0)).value for j in range(9)])
        expected = np.sqrt(10 * without_x.var() + 8 * without_y.var())
        assert kid(x, y).standard_error == pytest.approx(expected, rel=1e-8)

    def test_it_is_unbiased_and_its_standard_error_is_its_spread_over_repetitions(self, rng):
        found = {}
        for n in (40, 160):
            sets = ((generated(rng, n) + 0.3, rng.standard_normal((n, D))) for _ in range(250))
            found[n] = np.array([kid(x, y)[:2] for x, y in sets])
            values, errors = found[n].T
            assert np.sqrt(np.square(errors).mean()) == pytest.approx(values.std(), rel=0.2)
        means = [values.mean() for values, _ in (of.T for of in found.values())]
        spread = np.hypot(*(of[:, 0].std() / np.sqrt(250) for of in found.values()))
        assert abs(means[0] - means[1]) < 3 * spread
        # torchmetrics' number is the spread of subsets: it would not halve with four times as many images.
        assert found[160][:, 1].mean() == pytest.approx(found[40][:, 1].mean() / 2, rel=0.2)

    def test_of_equal_distributions_it_is_zero_on_average_and_the_error_is_not_too_small(self, rng):
        values, errors = np.array([kid(*rng.standard_normal((2, 60, D)))[:2] for _ in range(250)]).T
        assert abs(values.mean()) < 3 * values.std() / np.sqrt(250) and values.min() < 0
        assert 0.9 < np.sqrt(np.square(errors).mean()) / values.std() < 1.7

    def test_it_is_the_same_in_blocks_of_any_size(self, rng, monkeypatch):
        x, y = generated(rng, 31), rng.standard_normal((23, D))
        expected = kid(x, y)
        monkeypatch.setattr(kernel_distance, "ROWS_AT_A_TIME", 7)
        assert kid(x, y) == pytest.approx(expected, rel=1e-10)


class TestNeighbourhoods:
    def test_they_are_those_of_the_definitions(self, rng):
        x, y = generated(rng, 60) + 0.5, rng.standard_normal((45, D))
        reach = [NearestNeighbors().fit(a).kneighbors(n_neighbors=NEIGHBOURS)[0][:, -1] for a in (x, y)]
        np.testing.assert_allclose(radii(x), reach[0], rtol=1e-9)
        apart = cdist(x, y)
        expected = {
            "precision": (apart <= reach[1]).any(axis=1).mean(),
            "recall": (apart <= reach[0][:, None]).any(axis=0).mean(),
            "density": (apart <= reach[1]).sum(axis=1).mean() / NEIGHBOURS,
            "coverage": (apart.min(axis=0) <= reach[1]).mean(),
        }
        assert neighbourhoods(x, y, radii(y))._asdict() == pytest.approx(expected)

    def test_of_equal_distributions_density_is_one_and_coverage_has_its_expectation(self, rng):
        found = np.array([neighbourhoods(x, y, radii(y)) for x, y in rng.standard_normal((30, 2, 200, 3))])
        assert found[:, 2].mean() == pytest.approx(1, abs=0.05)
        # Naeem et al. 2020, Lemma 2: 1 - [(N - 1) ... (N - k)] / [(2N - 1) ... (2N - k)].
        n, k = 200, np.arange(1, NEIGHBOURS + 1)
        assert found[:, 3].mean() == pytest.approx(1 - np.prod((n - k) / (2 * n - k)), abs=0.02)

    def test_a_model_that_draws_one_good_image_is_precise_and_complete_in_nothing(self, rng):
        y = rng.standard_normal((100, D))
        found = neighbourhoods(np.repeat(y[:1], 50, axis=0), y, radii(y))
        assert found.precision == 1 and found.recall <= 0.01 and found.coverage < 0.5

    def test_images_far_from_all_real_ones_score_nothing(self, rng):
        y = rng.standard_normal((100, D))
        assert neighbourhoods(rng.standard_normal((100, D)) + 100, y, radii(y)) == (0, 0, 0, 0)

    def test_they_are_the_same_in_blocks_of_any_size_and_far_from_the_origin(self, rng, monkeypatch):
        x, y = generated(rng, 31), rng.standard_normal((23, D))
        expected = neighbourhoods(x, y, radii(y))
        monkeypatch.setattr(neighbours, "ROWS_AT_A_TIME", 7)
        assert neighbourhoods(x + 1e4, y + 1e4, radii(y + 1e4)) == pytest.approx(expected)

    def test_too_few_images_are_told(self, rng):
        with pytest.raises(UserError, match="5 images; more than 5 are needed"):
            radii(rng.standard_normal((5, D)))


class TestRecords:
    def test_every_score_says_of_how_many_images_it_is(self, rng, reference, monkeypatch):
        monkeypatch.setattr(fidelity, "MOST_COMPARED", 50)
        numbers, details = random_scores(reference, list(generated(rng, 3, 30).astype(np.float32)))
        assert set(details["counts"]) == set(numbers)
        assert details["counts"]["fid_random"] == {"generated": 30, "real": 300}
        assert details["counts"]["fid_random_all_draws"] == {"generated": 90, "real": 300}
        assert details["counts"]["kid_random"] == details["counts"]["recall_random"] == {"generated": 50, "real": 300}

    def test_the_papers_fid_is_that_of_the_first_draw_and_nothing_else_changes_it(self, rng, reference):
        draws = list(generated(rng, 4, 30).astype(np.float32))
        expected = frechet_distance(reference.moments, draws[0])
        assert random_scores(reference, draws).numbers["fid_random"] == expected
        assert random_scores(reference, draws[:1]).numbers["fid_random"] == expected

    def test_all_but_a_single_draw_has_an_interval_around_it(self, rng, reference, monkeypatch):
        monkeypatch.setattr(fidelity, "FEWEST_FOR_LIMIT", 60)
        numbers, details = random_scores(reference, list(generated(rng, 3, 30).astype(np.float32)))
        fids = {name for name in numbers if name.startswith("fid")} - {"fid_random", "fid_random_other_draw"}
        assert set(details["intervals"]) == fids | {"kid_random"} and not details["omitted"]
        for name, interval in details["intervals"].items():
            assert interval["low"] < interval["value"] == numbers[name] < interval["high"]
            assert interval["standard_error"] > 0
        assert numbers["fid_random_mean"] == np.mean(details["fid_random_draws"])

    def test_parts_of_interpolated_images_share_no_pair(self, rng, reference):
        """Nine pairs in eight parts: images of one pair, which are much alike, are left out together."""
        features = np.repeat(generated(rng, 9), 5, axis=0).astype(np.float32)
        expected = [features[:10], *np.split(features[10:], 7)]
        for part, wanted in zip(independent_parts(features, together=5), expected, strict=True):
            np.testing.assert_array_equal(part, wanted)
        found = fid_scores(reference.moments, {"fid_interpolation": expected})
        whole, *without = [
            frechet_distance(reference.moments, np.concatenate([*expected[:j], *expected[j + 1 :]]))
            for j in (len(expected), *range(len(expected)))
        ]
        estimate = jackknife(whole, without).whole
        assert found.details["intervals"]["fid_interpolation"] == pytest.approx(estimate._asdict(), rel=1e-9)
        assert found.details["counts"]["fid_interpolation"] == {"generated": 45, "real": 300}

    def test_seven_pairs_are_too_few_for_an_interval(self, rng, reference):
        parts = independent_parts(generated(rng, 35).astype(np.float32), together=5)
        found = fid_scores(reference.moments, {"fid_interpolation": parts})
        assert found.details["intervals"] == {} and found.numbers["fid_interpolation"] > 0

    def test_a_limit_of_too_few_images_is_left_out_and_said_so(self, rng, reference):
        numbers, details = random_scores(reference, list(generated(rng, 3, 30).astype(np.float32)))
        assert "fid_random_infinity" not in numbers
        assert "90 images: without one of 8 parts, at least 5000" in details["omitted"]["fid_random_infinity"]
        numbers, details = random_scores(reference, list(generated(rng, 2, 2).astype(np.float32)))
        assert "kid_random" not in numbers and "more than 5" in details["omitted"]["recall_random"]

    def test_a_saved_reference_gives_the_same_scores(self, rng, reference, tmp_path):
        reference.moments.save(tmp_path / "moments.npz")
        reference.save_sample(tmp_path / "sample.npz")
        loaded = Reference.load(tmp_path / "moments.npz", tmp_path / "sample.npz")
        draws = list(generated(rng, 2, 30).astype(np.float32))
        assert random_scores(loaded, draws) == random_scores(reference, draws)
        whole = (tmp_path / "sample.npz").read_bytes()
        for damaged in (b"", whole[: len(whole) // 2]):
            (tmp_path / "sample.npz").write_bytes(damaged)
            with pytest.raises(UserError, match="sample.npz.*--forcerun"):
                Reference.load(tmp_path / "moments.npz", tmp_path / "sample.npz")


class TestBounds:
    class Pixels:
        """A network whose features are 16 pixels."""

        def features(self, images):
            return images[:, 4::6, 4::6].reshape(len(images), -1).astype(np.float32)

    @pytest.fixture
    def found(self, tiny_images, rng):
        features = self.Pixels().features(tiny_images.array("train")[:])
        reference = Reference.of(Moments.from_features(features), features, rng)

        def find(n_images, n_draws):
            return bounds(self.Pixels(), reference, tiny_images, n_images, n_draws, seed=0)

        return find

    def test_real_images_score_better_than_noise(self, found):
        floor, copies, ceiling = (scores.numbers for scores in found(8, 2).values())
        assert copies["fid_random"] < ceiling["fid_random"] / 10
        assert (
            set(floor)
            == set(copies)
            == set(ceiling)
            >= {"fid_random", "fid_random_all_draws", "kid_random", "sharpness_random"}
        )
        for name in ("fid_random", "fid_random_all_draws", "kid_random"):
            assert floor[name] < ceiling[name] / 10
        # Not so for recall: the balls of noise are so large that real images lie within them.
        for name in ("precision_random", "density_random", "coverage_random"):
            assert floor[name] > 0.5 and ceiling[name] == 0
        assert floor["sharpness_random"] == pytest.approx(1, rel=0.1)

    def test_they_are_of_as_many_images_as_the_runs_or_are_left_out(self, found):
        scores = found(8, 3)  # there are 16 test images
        assert {"fid_random", "kid_random"} <= set(scores["floor"].numbers)
        assert scores["floor"].numbers.keys().isdisjoint({"fid_random_all_draws", "recall_random"})
        details = scores["floor"].details
        assert details["omitted"]["recall_random"] == "real images for 2 of 3 draws only"
        assert set(details["counts"]) <= set(scores["floor"].numbers)
        assert set(details["intervals"]) <= set(scores["floor"].numbers)
        assert "recall_random" in scores["ceiling"].numbers
        none = found(17, 2)["floor"]
        assert none.numbers == {} and "fewer than 17" in none.details["omitted"]["fid_random"]

    def test_no_test_image_comes_twice(self, tiny_images):
        images = tiny_images.array("test")
        draws = np.concatenate(list(real_draws(images, 8, 2, seed=3)))
        assert len(np.unique(draws, axis=0)) == len(np.unique(images[:], axis=0)) == 16
