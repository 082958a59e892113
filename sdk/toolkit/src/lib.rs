//! Pure helpers every task needs: edit blocks, fenced code, templates, sample statistics.
