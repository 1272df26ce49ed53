"""Tests of relocations."""
