# Everything a developer does. No target needs more than Go, git and make to begin with: .ci/install brings the rest.

GO          ?= go
STATICCHECK ?= $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s
PORT_BASE   ?= 8080
# Further flags for the demo, such as --fresh.
DEMO        ?=
# Runs a command beside a throw-away PostgreSQL.
WITH        := $(GO) run ./storage/storagetest/with

.PHONY: run build test lint bench fuzz clean

## run: the demo on http://localhost:8080, with everything it needs
run: build
	@sh .ci/install run
	@exec bin/sallyport demo --port-base $(PORT_BASE) $(DEMO)

## build: bin/sallyport
build:
	$(GO) build -o bin/sallyport ./cmd/sallyport

## test: all checks and all tests, with the race detector
test:
	@sh .ci/install test
	@$(MAKE) --no-print-directory lint
	$(WITH) $(GO) test -race -timeout 40m ./...
	@echo "make test: all checks and tests passed"

## lint: formatting, vet, staticcheck, and whether the generated queries are up to date
lint:
	@unformatted="$$(gofmt -l .)"; test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	@if command -v sqlc >/dev/null 2>&1; then cd storage && sqlc diff; else echo "sqlc is not on PATH: generated queries not compared"; fi

## bench: all benchmarks
bench:
	@sh .ci/install test
	$(WITH) $(GO) test -run '^$$' -bench . -benchmem ./...

## fuzz: every fuzz target for FUZZTIME
fuzz:
	@sh .ci/install test
	@set -eu; grep -roh --include='*_test.go' -E '^func Fuzz[A-Za-z0-9_]+' . >/dev/null || { echo "no fuzz targets" >&2; exit 1; }; \
	grep -rHo --include='*_test.go' -E '^func Fuzz[A-Za-z0-9_]+' . | sed 's/:func /:/' | while IFS=: read -r file target; do \
		echo "$$target in $$(dirname "$$file")"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")"; \
	done
	@echo "make fuzz: every target ran for $(FUZZTIME)"

## clean: what was built
clean:
	rm -rf bin
