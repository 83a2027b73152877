"""E-mail: composed from templates, handed over by SMTP."""
