# Orthanc with DICOMweb, GDCM decoding and the PostgreSQL index, from Debian.
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends orthanc orthanc-dicomweb orthanc-gdcm orthanc-postgresql \
 && rm -rf /var/lib/apt/lists/*
ENV TCP_NODELAY=1
USER orthanc
CMD ["Orthanc", "/etc/orthanc-synoptic/orthanc.json"]
