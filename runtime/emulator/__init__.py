"""A local endpoint that behaves as SageMaker Runtime does, signatures included. Needs the extra ``serve``.

The files in reading order: ``answers`` (AWS's error form), ``wire`` (what may arrive, byte by byte), ``protocol``
(uvicorn's h11 protocol behind it), ``iris`` (the sample model), ``storage`` (a folder that plays Amazon S3),
``operations`` (what is served), ``app`` (one gate before all routes), ``server``.
"""
