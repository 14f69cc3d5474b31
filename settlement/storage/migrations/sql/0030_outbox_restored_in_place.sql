-- Where announcements are numbered is the table too: one that was dropped and made again from a backup numbers from there
-- again, in the same database of the same cluster. Every database begins one epoch with this. Rule: R13.2a.
CREATE OR REPLACE FUNCTION outbox_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
        || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '/'
        || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/'
        || CAST(CAST('public.outbox' AS regclass) AS oid);
END $$;
