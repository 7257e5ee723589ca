-- SPDX-License-Identifier: Apache-2.0
-- What each query comes to, over the tables person, auction and bid with the place n in the stream.
-- A row's fields are those that Benchmarks/Nexmark/Kit/Queries writes. Instants are milliseconds,
-- windows half open; where the benchmark leaves open which of equal bids counts, the place decides.

-- q0
SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid;

-- q1
SELECT auction, bidder, CAST(0.908 * price * 1000 AS BIGINT), dateTime, extra FROM bid;

-- q2
SELECT auction, price FROM bid WHERE auction % 123 = 0;

-- q3
SELECT P.name, P.city, P.state, A.id
FROM auction A JOIN person P ON A.seller = P.id
WHERE A.category = 10 AND P.state IN ('OR', 'ID', 'CA');

-- q5
WITH starts AS (
  SELECT auction, (dateTime // 2000 - step) * 2000 AS ws
  FROM bid, range(5) AS steps(step)
), counts AS (
  SELECT auction, count(*) AS num, ws FROM starts GROUP BY auction, ws
)
SELECT auction, num, ws, ws + 10000 FROM counts
QUALIFY num = max(num) OVER (PARTITION BY ws);

-- q7
SELECT auction, price, bidder, dateTime, extra FROM bid
QUALIFY price = max(price) OVER (PARTITION BY dateTime // 10000);

-- q8
SELECT DISTINCT P.id, P.name, P.dateTime // 10000 * 10000
FROM person P JOIN auction A
  ON P.id = A.seller AND P.dateTime // 10000 = A.dateTime // 10000;

-- q12
SELECT bidder, count(*), came // 10000 * 10000, came // 10000 * 10000 + 10000
FROM (SELECT bidder, start + n // 256 * 256 * spacing // 1000 AS came FROM bid, settings)
GROUP BY bidder, came // 10000;

-- q11
WITH marked AS (
  SELECT bidder, dateTime,
    CASE WHEN dateTime - lag(dateTime) OVER w <= 10000 THEN 0 ELSE 1 END AS opens
  FROM bid WINDOW w AS (PARTITION BY bidder ORDER BY dateTime)
), numbered AS (
  SELECT bidder, dateTime, sum(opens) OVER (
    PARTITION BY bidder ORDER BY dateTime RANGE UNBOUNDED PRECEDING) AS session
  FROM marked
)
SELECT bidder, count(*), min(dateTime), max(dateTime) + 10000
FROM numbered GROUP BY bidder, session;

-- q13
SELECT auction, bidder, price, dateTime, 'side-' || auction % 10000 FROM bid;

-- q14
SELECT auction, bidder, CAST(0.908 * price * 1000 AS BIGINT),
  CASE WHEN h BETWEEN 8 AND 18 THEN 'dayTime' WHEN h <= 6 OR h >= 20 THEN 'nightTime'
    ELSE 'otherTime' END,
  dateTime, length(extra) - length(replace(extra, 'c', ''))
FROM (SELECT *, dateTime // 3600000 % 24 AS h FROM bid)
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;

-- q15
SELECT strftime(make_timestamp(dateTime * 1000), '%Y-%m-%d') AS day, count(*),
  count(*) FILTER (price < 10000), count(*) FILTER (price >= 10000 AND price < 1000000),
  count(*) FILTER (price >= 1000000),
  count(DISTINCT bidder), count(DISTINCT bidder) FILTER (price < 10000),
  count(DISTINCT bidder) FILTER (price >= 10000 AND price < 1000000),
  count(DISTINCT bidder) FILTER (price >= 1000000),
  count(DISTINCT auction), count(DISTINCT auction) FILTER (price < 10000),
  count(DISTINCT auction) FILTER (price >= 10000 AND price < 1000000),
  count(DISTINCT auction) FILTER (price >= 1000000)
FROM bid GROUP BY day;

-- q16
SELECT channel, strftime(make_timestamp(dateTime * 1000), '%Y-%m-%d') AS day,
  max(strftime(make_timestamp(dateTime * 1000), '%H:%M')), count(*),
  count(*) FILTER (price < 10000), count(*) FILTER (price >= 10000 AND price < 1000000),
  count(*) FILTER (price >= 1000000),
  count(DISTINCT bidder), count(DISTINCT bidder) FILTER (price < 10000),
  count(DISTINCT bidder) FILTER (price >= 10000 AND price < 1000000),
  count(DISTINCT bidder) FILTER (price >= 1000000),
  count(DISTINCT auction), count(DISTINCT auction) FILTER (price < 10000),
  count(DISTINCT auction) FILTER (price >= 10000 AND price < 1000000),
  count(DISTINCT auction) FILTER (price >= 1000000)
FROM bid GROUP BY channel, day;

-- q17
SELECT auction, strftime(make_timestamp(dateTime * 1000), '%Y-%m-%d') AS day, count(*),
  count(*) FILTER (price < 10000), count(*) FILTER (price >= 10000 AND price < 1000000),
  count(*) FILTER (price >= 1000000), min(price), max(price), sum(price) // count(*), sum(price)
FROM bid GROUP BY auction, day;

-- q18
SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid
QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, n DESC) = 1;

-- q19
SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid
QUALIFY row_number() OVER (PARTITION BY auction ORDER BY price DESC, n) <= 10;

-- q21
SELECT auction, bidder, price, channel,
  CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
    WHEN 'baidu' THEN '3' ELSE regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) END
FROM bid
WHERE regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) <> ''
  OR lower(channel) IN ('apple', 'google', 'facebook', 'baidu');

-- q22
SELECT auction, bidder, price, channel, split_part(url, '/', 4), split_part(url, '/', 5),
  split_part(url, '/', 6)
FROM bid;
