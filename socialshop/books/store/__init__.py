"""All SQL of the books that reads other rooms' tables beside the ledger's."""
