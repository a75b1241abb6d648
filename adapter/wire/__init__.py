"""What travels between the shores: frozen models, no behaviour."""
