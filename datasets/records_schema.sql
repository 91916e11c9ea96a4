-- 营销数据库（SQLite）：客户、准客户、聚合数据；每张表前说明它属于哪一类资料。
-- A marketing database (SQLite): customers, prospects, aggregates; a line before each table says what kind of data it holds.

-- 基本资料 · basic data: individuals, with the eight groups of information
CREATE TABLE customers (
  customer_id         TEXT PRIMARY KEY,
  name                TEXT,                        -- basic 基本
  sex                 TEXT CHECK (sex IN ('f', 'm', 'x')),
  birth_date          TEXT,                        -- dates are ISO 8601 text, as SQLite's date functions want them
  phone               TEXT,                        -- text: a number would lose leading zeros
  email               TEXT,
  address             TEXT,
  city                TEXT,
  preferred_category  TEXT,                        -- consumption 消费
  credit_cny          NUMERIC CHECK (credit_cny >= 0),
  education           TEXT,                        -- education 教育
  occupation          TEXT,                        -- career 事业
  household_size      INTEGER CHECK (household_size >= 1),  -- family 家庭
  hobby               TEXT,                        -- life 生活
  personality         TEXT,                        -- personality 个性
  influence           INTEGER,                     -- social circle 人际: friends brought
  origin              TEXT NOT NULL CHECK (origin IN ('own', 'external')),
  registered_on       TEXT NOT NULL,
  updated_on          TEXT
);

-- 基本资料 · basic data: businesses, with the five groups of information
CREATE TABLE businesses (
  business_id           TEXT PRIMARY KEY,
  name                  TEXT NOT NULL,             -- basic 基本
  phone                 TEXT,
  address               TEXT,
  contact_name          TEXT,
  ownership             TEXT,                      -- traits 特征
  preferred_category    TEXT,
  annual_purchases_cny  NUMERIC,                   -- business 业务状况
  repeat_rate           REAL CHECK (repeat_rate BETWEEN 0 AND 1),
  orders_per_year       REAL,                      -- transactions 交易状况
  credit_days           INTEGER,
  principal_name        TEXT,                      -- principal 负责人
  principal_birth_date  TEXT
);

-- 同意 · consent: one row for each channel, kept when withdrawn, because the proof must stay
CREATE TABLE consents (
  customer_id   TEXT NOT NULL REFERENCES customers,
  channel       TEXT NOT NULL CHECK (channel IN ('sms', 'phone', 'email', 'wechat', 'post')),
  purpose       TEXT NOT NULL DEFAULT 'marketing',
  given_on      TEXT NOT NULL,
  withdrawn_on  TEXT CHECK (withdrawn_on >= given_on),
  PRIMARY KEY (customer_id, channel, given_on)
);

-- 交易资料 · transaction data
CREATE TABLE orders (
  order_id     TEXT PRIMARY KEY,
  customer_id  TEXT NOT NULL REFERENCES customers,
  order_date   TEXT NOT NULL,
  category     TEXT,
  amount_cny   NUMERIC NOT NULL                    -- a return is a negative amount with its own order_id
);

-- 促销资料 · promotion data
CREATE TABLE campaigns (
  campaign_id  TEXT PRIMARY KEY,
  channel      TEXT NOT NULL,
  sent_on      TEXT NOT NULL,
  cost_cny     NUMERIC NOT NULL CHECK (cost_cny >= 0)
);
CREATE TABLE contacts (
  contact_id           TEXT PRIMARY KEY,
  customer_id          TEXT NOT NULL REFERENCES customers,
  campaign_id          TEXT REFERENCES campaigns,
  channel              TEXT NOT NULL,
  contact_date         TEXT NOT NULL,
  responded            INTEGER NOT NULL CHECK (responded IN (0, 1)),
  previous_contact_id  TEXT REFERENCES contacts    -- each contact continues the last one
);

-- 行为资料 · behaviour: the kinds of user data that a log holds
CREATE TABLE behaviour (
  event_id     INTEGER PRIMARY KEY,
  customer_id  TEXT NOT NULL REFERENCES customers,
  kind         TEXT NOT NULL CHECK (kind IN ('view', 'search', 'click', 'social', 'app')),
  happened_at  TEXT NOT NULL,
  subject      TEXT
);
CREATE TABLE devices (
  device_id    TEXT PRIMARY KEY,
  customer_id  TEXT NOT NULL REFERENCES customers,
  model        TEXT,
  system       TEXT
);

-- 准客户 · prospects
CREATE TABLE prospects (
  prospect_id    TEXT PRIMARY KEY,
  name           TEXT,
  city           TEXT,
  source         TEXT NOT NULL CHECK (source IN ('list', 'referral')),
  referred_by    TEXT REFERENCES customers,
  score          REAL CHECK (score BETWEEN 0 AND 1),
  tested_on      TEXT,
  became         TEXT REFERENCES customers
);

-- 聚合数据 · aggregates: groups of people, never persons; small cells are refused
CREATE TABLE group_cells (
  kind       TEXT NOT NULL CHECK (kind IN ('affinity', 'geographic', 'lifestyle', 'enterprise')),
  cell       TEXT NOT NULL,
  customers  INTEGER NOT NULL CHECK (customers >= 10),
  sales_cny  NUMERIC,
  PRIMARY KEY (kind, cell)
);
