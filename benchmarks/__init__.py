"""What revtui costs: each module measures one part and yields tables."""
