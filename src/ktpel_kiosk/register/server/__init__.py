"""The register on an office server: PostgreSQL under the same tables, migrations and statements (docs/adr/0044)."""
