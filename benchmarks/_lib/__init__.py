"""What every benchmark needs: processes, rounds, tables, results, plots."""
