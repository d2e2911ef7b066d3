# Orthanc with DICOMweb and GDCM decoding, from Debian. Its index is SQLite, beside the files.
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends orthanc orthanc-dicomweb orthanc-gdcm \
 && rm -rf /var/lib/apt/lists/* \
 && chown -R 10042:10042 /var/lib/orthanc
ENV TCP_NODELAY=1
# A fixed number: the configuration file on the host belongs to it.
USER 10042:10042
CMD ["Orthanc", "/etc/orthanc-synoptic/orthanc.json"]
