-- Every asset that a customer's goal holds, by every medium it can take, with the first barrier it meets.
-- makes: options
-- params: cut DATE, scheme VARCHAR, currency VARCHAR, stopped VARCHAR, stopped_because VARCHAR
with thought as (
    select
        candidates.customer_id,
        candidates.goal,
        candidates.headroom,
        assets.asset,
        assets.purpose,
        assets.wants_class,
        assets.wants_value,
        assets.least_headroom,
        assets.rest_days,
        assets.cap_contacts,
        assets.cap_days,
        assets.life,
        assets.stages,
        assets.opens,
        assets.closes,
        assets.waits,
        routes.medium,
        cast(assets.unit_cost + routes.contact_cost as decimal(18, 2)) as cost
    from candidates
    join assets on assets.goal = candidates.goal
    join routes on routes.asset = assets.asset
),
-- A contact that is due on the day decided for is part of this decision, not of its past: a run made again for
-- the same day decides the same.
last_sent as (
    select customer_id, asset, max(due_on) as last_on
    from past_contacts
    where due_on < $cut
    group by customer_id, asset
),
-- What one of a household got, the household got: it rests for all of them.
last_home as (
    select customers.unit, past_contacts.asset, max(past_contacts.due_on) as home_on
    from past_contacts
    join customers on customers.customer_id = past_contacts.customer_id
    where past_contacts.due_on < $cut
    group by customers.unit, past_contacts.asset
),
caps as (
    select asset, max(cap_days) as cap_days from assets group by asset
),
pressure as (
    select past_contacts.customer_id, caps.asset, count(*) as contacts
    from past_contacts
    join caps on past_contacts.due_on >= $cut - caps.cap_days
    where past_contacts.due_on < $cut
    group by past_contacts.customer_id, caps.asset
),
-- What promotes counts against the cell of value and potential where a customer stands, whatever the asset. Who
-- stands in the grids of several schemes keeps within each: told is the first that is used up.
cell_pressure as (
    select
        treatments.customer_id, treatments.scheme, treatments.segment, treatments.value_band, treatments.potential_band,
        treatments.contacts as most, treatments.days, count(past_contacts.contact_id) as had
    from treatments
    left join past_contacts
        on past_contacts.customer_id = treatments.customer_id
        and past_contacts.due_on >= $cut - treatments.days
        and past_contacts.due_on < $cut
        and past_contacts.purpose in ('marketing', 'advertising', 'sales')
    group by
        treatments.customer_id, treatments.scheme, treatments.segment, treatments.value_band,
        treatments.potential_band, treatments.contacts, treatments.days
),
used_up as (
    select cell_pressure.*, row_number() over (partition by customer_id order by scheme) as position
    from cell_pressure
    where had >= most
),
-- Several spans of days without contacts may lie over one another: told is the day on which the last one ends.
shut as (
    select medium, max(closes) as until, min(why) as why
    from blackouts
    where $cut between opens and closes
    group by medium
),
known as (
    select
        thought.*,
        shut.until as shut_until,
        shut.why as shut_why,
        used_up.segment,
        used_up.value_band,
        used_up.potential_band,
        used_up.most,
        used_up.days,
        used_up.had,
        consents.granted,
        addresses.address,
        in_peace.until as peace_until,
        in_peace.occasion,
        last_sent.last_on,
        last_home.home_on,
        standing.to_place as stage,
        -- What is bound to stages of the relationship goes to who stands in one of them, and to nobody else.
        thought.stages is not null and asset_stages.stage is null as is_unbound,
        coalesce(pressure.contacts, 0) as contacts,
        measured.top_category,
        measured.room_category,
        current_facts.value as fact,
        case
            when thought.wants_class is null then 'any'
            when current_facts.value is not null
                and (thought.wants_value is null or current_facts.value = thought.wants_value) then 'fact'
            when thought.wants_class = 'shopping.category' and measured.room_category = thought.wants_value then 'room'
            when thought.wants_class = 'shopping.category' and measured.top_category = thought.wants_value then 'top'
        end as fit
    from thought
    left join consents
        on consents.customer_id = thought.customer_id
        and consents.medium = thought.medium
        and consents.purpose = thought.purpose
    left join addresses on addresses.customer_id = thought.customer_id and addresses.medium = thought.medium
    -- Whoever mourns is left in peace by what promotes; thanks and service go on.
    left join in_peace
        on in_peace.customer_id = thought.customer_id
        and in_peace.until > $cut
        and thought.purpose in ('marketing', 'advertising', 'sales')
    left join last_sent on last_sent.customer_id = thought.customer_id and last_sent.asset = thought.asset
    left join customers on customers.customer_id = thought.customer_id
    left join last_home on last_home.unit = customers.unit and last_home.asset = thought.asset
    left join pressure on pressure.customer_id = thought.customer_id and pressure.asset = thought.asset
    left join used_up
        on used_up.customer_id = thought.customer_id
        and used_up.position = 1
        and thought.purpose in ('marketing', 'advertising', 'sales')
    left join current_facts
        on current_facts.customer_id = thought.customer_id and current_facts.fact_class = thought.wants_class
    left join "values" measured on measured.customer_id = thought.customer_id
    left join places standing on standing.customer_id = thought.customer_id and standing.scheme = thought.life
    left join shut on shut.medium = thought.medium
    left join asset_stages on asset_stages.asset = thought.asset and asset_stages.stage = standing.to_place
),
judged as (
    select
        known.*,
        case
            when peace_until is not null then 'in peace'
            when not coalesce(granted, false) then 'consent'
            when address is null then 'address'
            when is_unbound then 'stage'
            when fit is null then 'interest'
            when least_headroom > 0 and (headroom is null or headroom < least_headroom) then 'headroom'
            when last_on is not null and date_diff('day', last_on, $cut) < rest_days then 'rest'
            when home_on is not null and date_diff('day', home_on, $cut) < rest_days then 'household'
            when cap_contacts is not null and contacts >= cap_contacts then 'cap'
            when most is not null then 'frequency'
            -- What keeps an asset from everybody comes last: told of who would get it but for that.
            when $cut < opens or $cut > closes then 'season'
            when waits is not null then 'prerequisite'
            when shut_until is not null then 'blackout'
        end as barrier
    from known
)
select
    customers.customer_id,
    customers.unit,
    judged.asset,
    coalesce(judged.goal, aimed.goal) as goal,
    judged.medium,
    judged.purpose,
    judged.headroom as worth,
    judged.cost,
    judged.fit,
    -- What stops the whole plan comes before what stands in one customer's way.
    case
        when cast($stopped as varchar) is not null then cast($stopped as varchar)
        when judged.asset is not null then judged.barrier
        when excepted.customer_id is not null then 'exception'
        when aimed.goal is not null then 'asset'
        else 'place'
    end as barrier,
    case
        when cast($stopped as varchar) is not null then cast($stopped_because as varchar)
        when judged.asset is null and excepted.customer_id is not null then
            'Is in group C (' || coalesce(excepted.reason, 'no reason given') || '), which no goal asks to move.'
        when judged.asset is null and aimed.goal is not null then
            'The goal ' || aimed.goal || ' has no asset with a way to reach anybody.'
        when judged.asset is null then
            'Stands in ' || coalesce(places.to_place, 'none') || ' with '
            || cast(cast(coalesce(places.to_amount, 0) as decimal(18, 2)) as varchar) || ' ' || $currency
            || ', and no goal of the plan starts there.'
        when judged.barrier = 'season' and $cut < judged.opens then
            judged.asset || ' is offered from ' || cast(judged.opens as varchar) || ' on.'
        when judged.barrier = 'season' then
            judged.asset || ' was offered until ' || cast(judged.closes as varchar) || '.'
        when judged.barrier = 'prerequisite' then
            judged.asset || ' waits for what is not there yet: ' || judged.waits || '.'
        when judged.barrier = 'blackout' then
            'Nothing leaves by ' || judged.medium || ' until ' || cast(judged.shut_until as varchar)
            || case when judged.shut_why = '' then '' else ' (' || judged.shut_why || ')' end || '.'
        when judged.barrier = 'in peace' then
            'Is left in peace until ' || cast(judged.peace_until as varchar) || ' (' || judged.occasion
            || '): nothing is promoted to them.'
        when judged.barrier = 'consent' and judged.granted is null then
            'Was never asked for consent to ' || judged.purpose || ' by ' || judged.medium || '.'
        when judged.barrier = 'consent' then
            'Said no to ' || judged.purpose || ' by ' || judged.medium || '.'
        when judged.barrier = 'address' then
            'Consents to ' || judged.purpose || ' by ' || judged.medium || ', but there is no address for it.'
        when judged.barrier = 'stage' then
            judged.asset || ' is offered in these stages'
            || coalesce(' of ' || judged.life, ' (the plan does not name of what)') || ': ' || judged.stages || '; they stand in '
            || case when coalesce(judged.stage, 'none') = 'none' then 'none of its stages' else judged.stage end || '.'
        when judged.barrier = 'interest' then
            judged.asset || ' wants ' || judged.wants_class || coalesce(' ' || judged.wants_value, '')
            || case
                when judged.wants_class = 'shopping.category' then
                    ', and their top category is ' || coalesce(judged.top_category, 'unknown')
                    || ', their room in ' || coalesce(judged.room_category, 'an unknown one') || '.'
                else
                    ', and the recorded fact is ' || coalesce(judged.fact, 'unknown') || '.'
            end
        when judged.barrier = 'headroom' then
            'Headroom of ' || coalesce(cast(judged.headroom as varchar) || ' ' || $currency, 'unknown size')
            || ' is under the ' || cast(judged.least_headroom as varchar) || ' ' || $currency || ' that '
            || judged.asset || ' asks for.'
        when judged.barrier = 'rest' then
            'Got ' || judged.asset || ' on ' || cast(judged.last_on as varchar) || ', '
            || cast(date_diff('day', judged.last_on, $cut) as varchar) || ' days ago; it rests '
            || cast(judged.rest_days as varchar) || ' days.'
        when judged.barrier = 'household' then
            'Somebody of the household got ' || judged.asset || ' on ' || cast(judged.home_on as varchar) || ', '
            || cast(date_diff('day', judged.home_on, $cut) as varchar) || ' days ago; it rests '
            || cast(judged.rest_days as varchar) || ' days for all of them.'
        when judged.barrier = 'cap' then
            'Had ' || cast(judged.contacts as varchar) || ' contacts in ' || cast(judged.cap_days as varchar)
            || ' days, and the cap is ' || cast(judged.cap_contacts as varchar) || '.'
        when judged.barrier = 'frequency' then
            'Had ' || cast(judged.had as varchar)
            || case when judged.had = 1 then ' contact that promotes in ' else ' contacts that promote in ' end
            || cast(judged.days as varchar)
            || ' days, and in ' || judged.segment || ' customers of value ' || judged.value_band || ' and potential '
            || judged.potential_band || ' get at most ' || cast(judged.most as varchar) || '.'
    end as detail
from customers
left join judged on judged.customer_id = customers.customer_id
left join places on places.customer_id = customers.customer_id and places.scheme = $scheme
left join excepted on excepted.customer_id = customers.customer_id
-- Whoever no asset was thought of for still has a goal, or none.
left join (
    select customer_id, min(goal) as goal from candidates group by customer_id
) aimed on aimed.customer_id = customers.customer_id and judged.asset is null
