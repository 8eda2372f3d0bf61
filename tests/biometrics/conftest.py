"""Being here puts this folder on the path, so that tests in its subfolders find bio_samples and bio_synth."""
