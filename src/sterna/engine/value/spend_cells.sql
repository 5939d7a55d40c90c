-- Counts the customers who spent the same on as many repeat orders.
-- makes: spend_cells

select frequency, repeat_spend, count(*) as customers from histories group by frequency, repeat_spend
