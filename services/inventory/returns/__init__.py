"""Places of sold holds whose tickets are given back."""
