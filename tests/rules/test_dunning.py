"""A table of product groups in which every group is reached and every product has one. Rule: R5.4b."""

from __future__ import annotations

import pytest

from settlement.errors import Refused
from settlement.model.policies.collection import CollectionPolicy, DunningTerms
from settlement.rules.dunning import product_groups

GPU = DunningTerms("gpu", ("GPU",), 3, 10)
STORAGE = DunningTerms("storage", ("OSS", "NAS"), 20, 60)
REST = DunningTerms()


@pytest.mark.parametrize(
    ("products", "groups"),
    [
        (["GPU-A100"], ("gpu",)), (["ECS"], ("default",)), (["NAS", "GPU"], ("gpu", "storage")),
        (["ECS", "OSS"], ("storage", "default")), ([], ("default",)),
    ],
)  # fmt: skip
def test_each_product_belongs_to_the_first_group_it_begins_with_and_the_rest_to_the_last(products, groups):
    assert product_groups(products, CollectionPolicy(dunning=(GPU, STORAGE, REST))) == groups


@pytest.mark.parametrize(
    ("dunning", "said"),
    [
        ((REST, GPU), "group default holds every product, so gpu after it is never reached"),
        ((GPU, STORAGE), "no group holds the other products"),
        ((), "no group holds the other products"),
        ((GPU, DunningTerms("gpu-big", ("GPU-A100",)), REST), "GPU-A100 of gpu-big is never reached"),
        ((GPU, DunningTerms("gpu", ("TPU",)), REST), "group gpu is there twice"),
        ((DunningTerms("all", ("",)), REST), "all names a product that is empty"),
    ],
)
def test_a_table_with_a_group_that_is_never_reached_or_a_product_without_one_is_refused(dunning, said):
    with pytest.raises(Refused, match=said) as refusal:
        CollectionPolicy(dunning=dunning)
    assert refusal.value.code == "bad_dunning_table"
