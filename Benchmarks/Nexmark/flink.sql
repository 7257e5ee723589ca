-- SPDX-License-Identifier: Apache-2.0
-- The queries as Apache Flink's own version of the benchmark has them, with half open windows.
-- A line "reads" says which columns a query needs: the same are parsed where parsing alone is measured.

-- q0 reads bid: auction, bidder, price, channel, url, rt, extra
SELECT auction, bidder, price, channel, url, rt, extra FROM bid

-- q1 reads bid: auction, bidder, price, rt, extra
SELECT auction, bidder, 0.908 * price, rt, extra FROM bid

-- q2 reads bid: auction, price
SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0

-- q3 reads auction: id, seller, category; person: id, name, city, state
SELECT P.name, P.city, P.state, A.id FROM auction A JOIN person P ON A.seller = P.id
WHERE A.category = 10 AND P.state IN ('OR', 'ID', 'CA')

-- q5 reads bid: auction, rt
SELECT C.auction, C.num, C.window_start, C.window_end FROM (
  SELECT auction, COUNT(*) AS num, window_start, window_end
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(rt), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end) C
JOIN (
  SELECT MAX(num) AS most, window_start, window_end FROM (
    SELECT COUNT(*) AS num, window_start, window_end
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(rt), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end)
  GROUP BY window_start, window_end) M
ON C.window_start = M.window_start AND C.window_end = M.window_end AND C.num >= M.most

-- q7 reads bid: auction, price, bidder, rt, extra
SELECT B.auction, B.price, B.bidder, B.rt, B.extra FROM bid B
JOIN (
  SELECT MAX(price) AS most, window_end AS ends
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(rt), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end) M
ON B.price = M.most AND B.rt >= M.ends - INTERVAL '10' SECOND AND B.rt < M.ends

-- q8 reads person: id, name, rt; auction: seller, rt
SELECT P.id, P.name, P.window_start FROM (
  SELECT id, name, window_start, window_end
  FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(rt), INTERVAL '10' SECOND))
  GROUP BY id, name, window_start, window_end) P
JOIN (
  SELECT seller, window_start, window_end
  FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(rt), INTERVAL '10' SECOND))
  GROUP BY seller, window_start, window_end) A
ON P.id = A.seller AND P.window_start = A.window_start AND P.window_end = A.window_end

-- q11 reads bid: bidder, rt
SELECT bidder, COUNT(*), window_start, window_end
FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(rt), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end

-- q12 reads bid: bidder
SELECT bidder, COUNT(*), window_start, window_end
FROM TABLE(TUMBLE(TABLE bid_by_clock, DESCRIPTOR(came), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end

-- q14 reads bid: auction, bidder, price, rt, extra
SELECT auction, bidder, 0.908 * price,
  CASE WHEN HOUR(rt) >= 8 AND HOUR(rt) <= 18 THEN 'dayTime'
    WHEN HOUR(rt) <= 6 OR HOUR(rt) >= 20 THEN 'nightTime' ELSE 'otherTime' END,
  rt, CHAR_LENGTH(extra) - CHAR_LENGTH(REPLACE(extra, 'c', ''))
FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000

-- q15 reads bid: auction, bidder, price, rt
SELECT DATE_FORMAT(rt, 'yyyy-MM-dd'), COUNT(*),
  COUNT(*) FILTER (WHERE price < 10000),
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(*) FILTER (WHERE price >= 1000000),
  COUNT(DISTINCT bidder), COUNT(DISTINCT bidder) FILTER (WHERE price < 10000),
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000),
  COUNT(DISTINCT auction), COUNT(DISTINCT auction) FILTER (WHERE price < 10000),
  COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000)
FROM bid GROUP BY DATE_FORMAT(rt, 'yyyy-MM-dd')

-- q16 reads bid: auction, bidder, price, channel, rt
SELECT channel, DATE_FORMAT(rt, 'yyyy-MM-dd'), MAX(DATE_FORMAT(rt, 'HH:mm')), COUNT(*),
  COUNT(*) FILTER (WHERE price < 10000),
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(*) FILTER (WHERE price >= 1000000),
  COUNT(DISTINCT bidder), COUNT(DISTINCT bidder) FILTER (WHERE price < 10000),
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000),
  COUNT(DISTINCT auction), COUNT(DISTINCT auction) FILTER (WHERE price < 10000),
  COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000)
FROM bid GROUP BY channel, DATE_FORMAT(rt, 'yyyy-MM-dd')

-- q17 reads bid: auction, price, rt
SELECT auction, DATE_FORMAT(rt, 'yyyy-MM-dd'), COUNT(*),
  COUNT(*) FILTER (WHERE price < 10000),
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000),
  COUNT(*) FILTER (WHERE price >= 1000000),
  MIN(price), MAX(price), AVG(price), SUM(price)
FROM bid GROUP BY auction, DATE_FORMAT(rt, 'yyyy-MM-dd')

-- q18 reads bid: auction, bidder, price, channel, url, rt, extra
SELECT auction, bidder, price, channel, url, rt, extra FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY rt DESC) AS place FROM bid)
WHERE place <= 1

-- q19 reads bid: auction, bidder, price, channel, url, rt, extra
SELECT auction, bidder, price, channel, url, rt, extra, place FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS place FROM bid)
WHERE place <= 10

-- q21 reads bid: auction, bidder, price, channel, url
SELECT auction, bidder, price, channel,
  CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1'
    WHEN LOWER(channel) = 'facebook' THEN '2' WHEN LOWER(channel) = 'baidu' THEN '3'
    ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END
FROM bid WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL
  OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')

-- q22 reads bid: auction, bidder, price, channel, url
SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3), SPLIT_INDEX(url, '/', 4),
  SPLIT_INDEX(url, '/', 5)
FROM bid
