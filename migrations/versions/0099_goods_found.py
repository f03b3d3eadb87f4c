"""Goods are found by words: terms of Chinese and of other scripts, kept for each deal, in an index."""

from __future__ import annotations

from alembic import op

revision = "0099"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _terms()
    _deals()
    _products()


def _terms() -> None:
    """What a text is found by: its words, and of Han signs, which know no spaces, each and every two side by side.

    No dictionary and no locale of the server has a part in it, so it is the same wherever the database stands. A query
    has all of its terms in what it finds; a word need only begin with them.
    """
    op.execute(
        r"""
        CREATE OR REPLACE FUNCTION search_terms(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            WITH signs AS (
                SELECT sign, lead(sign) OVER (ORDER BY place) AS next
                FROM unnest(string_to_array(lower(said), NULL)) WITH ORDINALITY AS s (sign, place)
            )
            SELECT coalesce(array_agg(DISTINCT term), '{}') FROM (
                SELECT left(word[1], 40) AS term FROM regexp_matches(lower(said),
                    '[^\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f'
                    '\u3400-\u9fff\uff00-\uff0f\uff1a-\uff20]+', 'g') AS word
                UNION ALL SELECT sign FROM signs WHERE sign ~ '[\u3400-\u9fff]'
                UNION ALL SELECT sign || next FROM signs WHERE sign ~ '[\u3400-\u9fff]' AND next ~ '[\u3400-\u9fff]'
            ) found
        $$;
        CREATE OR REPLACE FUNCTION search_query(said text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT string_agg('''' || term || ''':*', ' & ')::tsquery FROM unnest(search_terms(said)) AS term
        $$
        """
    )


def _deals() -> None:
    """A deal is found by its own title, its product, and its units; those on sale, by when they end."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN IF NOT EXISTS words tsvector;
        CREATE OR REPLACE FUNCTION deals_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT array_to_tsvector(search_terms(concat_ws(' ', NEW.title, p.title, left(p.description, 1000),
                (SELECT string_agg(u.title, ' ') FROM skus u WHERE u.product_id = p.id))))
            INTO NEW.words FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id = NEW.sku_id;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER deals_words BEFORE INSERT OR UPDATE OF title, sku_id ON deals
            FOR EACH ROW EXECUTE FUNCTION deals_keep_words();
        UPDATE deals SET title = title WHERE words IS NULL;
        CREATE INDEX IF NOT EXISTS ix_deals_words ON deals USING gin (words) WITH (fastupdate = off);
        CREATE INDEX IF NOT EXISTS ix_deals_on_sale ON deals (coalesce(ends_at, 'infinity'), id)
            WHERE NOT draft AND paused_at IS NULL AND ended_at IS NULL AND group_size > 1
        """
    )


def _products() -> None:
    op.execute(
        """
        ALTER TABLE products ADD COLUMN IF NOT EXISTS words tsvector;
        CREATE OR REPLACE FUNCTION products_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.words := array_to_tsvector(search_terms(NEW.title || ' ' || left(NEW.description, 1000)));
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER products_words BEFORE INSERT OR UPDATE OF title, description ON products
            FOR EACH ROW EXECUTE FUNCTION products_keep_words();
        UPDATE products SET title = title WHERE words IS NULL;
        CREATE INDEX IF NOT EXISTS ix_products_words ON products USING gin (words) WITH (fastupdate = off)
        """
    )
