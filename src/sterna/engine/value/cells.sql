-- Counts the customers who share one history of orders.
-- makes: cells

select frequency, recency_weeks, age_weeks, count(*) as customers
from histories
group by frequency, recency_weeks, age_weeks
