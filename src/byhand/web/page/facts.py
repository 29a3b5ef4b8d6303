"""What the page must know of trainings: it stands in the page's own HTML, so that JavaScript does not say it again."""

from byhand.learning.recipe import RATES
from byhand.network import ACTIVATIONS
from byhand.web.training.settings import MOST

FACTS = {
    "rates": RATES,
    "gains": {name: activation.gain for name, activation in ACTIVATIONS.items()},
    "most": MOST.facts(),
}
