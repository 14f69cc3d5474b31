-- What settlement/audit/checks/funds.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: funds_as_granted (a card that pays for everything)
UPDATE stored_value_card SET products = NULL WHERE external_id = 'scoped';

-- lie: funds_as_granted (a card that lasts)
UPDATE stored_value_card SET valid_until = '2029-01-01' WHERE external_id = 'scoped';

-- lie: funds_as_granted (a coupon of another kind)
UPDATE coupon SET kind = 'amount_off';

-- lie: funds_as_granted (a refund of another month)
UPDATE credit_refund SET cycle = 202611;
