"""Wire shapes of plans, of commissions, and of the movements of wallets."""
