-- name: by_activity
-- 积极与不积极客户 · active and inactive customers (:as_of, :active_days)
SELECT c.customer_id, max(o.order_date) AS last_order,
       CASE WHEN max(o.order_date) > date(:as_of, '-' || :active_days || ' days') THEN 'active' ELSE 'inactive' END AS activity
FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND o.order_date <= :as_of
GROUP BY c.customer_id ORDER BY c.customer_id;

-- name: by_origin
-- 自有与外部资料 · own and external data
SELECT origin, count(*) AS customers, count(phone) AS with_phone,
       sum(EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id)) AS buyers
FROM customers c GROUP BY origin ORDER BY origin;

-- name: by_content
-- 基本、交易、促销资料 · basic, transaction and promotion data
SELECT 'basic' AS content, count(*) AS records, count(DISTINCT customer_id) AS customers FROM customers
UNION ALL SELECT 'transaction', count(*), count(DISTINCT customer_id) FROM orders
UNION ALL SELECT 'promotion', count(*), count(DISTINCT customer_id) FROM contacts;

-- name: use_behaviour
-- 用途一：消费行为 · use 1: who buys what (:as_of)
SELECT category, count(*) AS orders, count(DISTINCT customer_id) AS customers, round(sum(amount_cny), 2) AS sales_cny,
       round(avg(amount_cny), 2) AS average_order_cny
FROM orders WHERE order_date <= :as_of GROUP BY category ORDER BY sales_cny DESC;

-- name: use_one_to_one
-- 用途二：一对一营销 · use 2: likely for a category, not yet a buyer of it, and with consent (:category, :channel, :as_of)
SELECT c.customer_id, c.hobby FROM customers c JOIN consents s ON s.customer_id = c.customer_id
WHERE s.channel = :channel AND s.given_on <= :as_of AND (s.withdrawn_on IS NULL OR s.withdrawn_on > :as_of)
  AND c.preferred_category = :category
  AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND o.category = :category)
GROUP BY c.customer_id ORDER BY c.customer_id;

-- name: use_service
-- 用途三：自动服务 · use 3: a total passes a threshold, so a thank-you is due (:threshold_cny, :as_of)
SELECT customer_id, count(*) AS orders, round(sum(amount_cny), 2) AS total_cny FROM orders WHERE order_date <= :as_of
GROUP BY customer_id HAVING sum(amount_cny) >= :threshold_cny ORDER BY total_cny DESC, customer_id;

-- name: use_dynamics
-- 用途四：动态管理 · use 4: due to replace or reorder (:category, :cycle_days, :as_of)
SELECT customer_id, max(order_date) AS last_order, CAST(julianday(:as_of) - julianday(max(order_date)) AS INTEGER) AS days_ago
FROM orders WHERE category = :category AND order_date <= :as_of
GROUP BY customer_id HAVING days_ago >= :cycle_days ORDER BY days_ago DESC, customer_id;

-- name: use_warning
-- 用途五：预警 · use 5: ordered in the earlier half of a window, not in the later half (:window_days, :as_of)
SELECT customer_id, max(order_date) AS last_order, count(*) AS orders FROM orders
WHERE order_date > date(:as_of, '-' || :window_days || ' days') AND order_date <= :as_of
GROUP BY customer_id HAVING count(*) >= 2 AND max(order_date) <= date(:as_of, '-' || (:window_days / 2) || ' days')
ORDER BY last_order, customer_id;

-- name: campaign_response
-- 活动反应 · campaign response
SELECT p.campaign_id, p.channel, p.sent_on, count(*) AS contacts, sum(k.responded) AS responses,
       round(1.0 * sum(k.responded) / count(*), 4) AS response_rate, p.cost_cny,
       round(1.0 * p.cost_cny / nullif(sum(k.responded), 0), 2) AS cost_per_response_cny
FROM campaigns p JOIN contacts k ON k.campaign_id = p.campaign_id GROUP BY p.campaign_id ORDER BY p.sent_on;

-- name: group_cells
-- 聚合数据 · aggregates: affinity (education), geographic, lifestyle, enterprise; small cells left out (:minimum)
SELECT * FROM (
  SELECT 'affinity' AS kind, education AS cell, count(DISTINCT c.customer_id) AS customers, round(sum(amount_cny), 2) AS sales_cny
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE education IS NOT NULL GROUP BY education
  UNION ALL SELECT 'geographic', city, count(DISTINCT c.customer_id), round(sum(amount_cny), 2)
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE city IS NOT NULL GROUP BY city
  UNION ALL SELECT 'lifestyle', hobby, count(DISTINCT c.customer_id), round(sum(amount_cny), 2)
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE hobby IS NOT NULL GROUP BY hobby
  UNION ALL SELECT 'enterprise', ownership, count(*), round(sum(annual_purchases_cny), 2) FROM businesses GROUP BY ownership
) WHERE customers >= :minimum ORDER BY kind, customers DESC, cell;
