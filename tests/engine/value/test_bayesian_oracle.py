"""The package `pymc-marketing`, where it is installed, agrees: with flat priors its most probable values are ours."""

import numpy as np
import pandas as pd
import pytest

from sterna.engine.value import models
from tests.engine.value.cdnow import sample

clv = pytest.importorskip("pymc_marketing.clv")

pytestmark = [pytest.mark.oracle, pytest.mark.slow]


@pytest.mark.parametrize(("name", "other"), [("bg-nbd", "BetaGeoModel"), ("pareto-nbd", "ParetoNBDModel")])
def test_R79_models_in_continuous_time_agree_with_pymc_marketing(name, other):
    from pymc_extras.prior import Prior

    data, model = sample(), models.MODELS[name]
    ours = model.fit(data.x, data.t_x, data.age, 1.0)
    frame = pd.DataFrame({"frequency": data.x, "recency": data.t_x, "T": data.age})
    frame.insert(0, "customer_id", np.arange(data.x.size))
    theirs = getattr(clv, other)(
        data=frame, model_config={parameter: Prior("HalfFlat") for parameter in model.parameters}
    )
    theirs.fit(method="map")
    found = theirs.fit_summary()
    values = model.values(ours)
    assert values == pytest.approx({parameter: found[parameter] for parameter in values}, rel=2e-3)
    purchases = theirs.expected_purchases(data=frame, future_t=39).values.ravel()
    assert model.expected(ours, data.x, data.t_x, data.age, 39.0) == pytest.approx(purchases, rel=5e-3)
