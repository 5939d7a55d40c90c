-- Who is in which segment of each scheme.
-- makes: segment_members
select numbered.number, segment_places.scheme, segment_places.to_place as segment
from segment_places
join numbered on numbered.customer_id = segment_places.customer_id
