-- Numbers the customers, because numbers are joined and grouped in a fraction of the time of the texts that name them.
-- makes: numbered
select customer_id, row_number() over (order by customer_id) as number from customers
