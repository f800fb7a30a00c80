# One image for every role: docker run mainstay serve worker …
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/mainstay
ENV PATH=/opt/mainstay/bin:$PATH
COPY requirements/run.txt requirements/build.txt requirements/
RUN pip install --no-cache-dir --require-hashes \
    -r requirements/run.txt -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/mainstay /opt/mainstay
ENV PATH=/opt/mainstay/bin:$PATH MAINSTAY_DATA=/data
RUN useradd --system --uid 10001 --no-create-home mainstay \
    && install -d -o mainstay -g mainstay /data
USER mainstay
VOLUME /data
EXPOSE 8080 9000
# SIGTERM drains: give it the time (docker stop --time 40).
STOPSIGNAL SIGTERM
ENTRYPOINT ["mainstay"]
CMD ["serve", "all", "--host", "0.0.0.0"]
