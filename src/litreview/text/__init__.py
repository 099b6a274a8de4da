"""Text as data: cleaning, words, acronyms and sentences. Pure, and below everything else."""
