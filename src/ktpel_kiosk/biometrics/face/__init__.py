"""The portrait's parts: models, landmarks, person mask, measures, geometry, and the score curves of ISO/IEC 29794-5."""
