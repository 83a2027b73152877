"""How fast it decides: a backtest's account-days a second, and a daily pass over many accounts."""
