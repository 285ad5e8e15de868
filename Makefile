# Every target is safe to call on a fresh clone: what it needs, it sets up first.
.PHONY: help setup build test demo fmt bench soak publish clean

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup:           ## check or install what is needed (idempotent)
	@scripts/setup.sh

build: setup     ## compile everything
	@dotnet build Fabric.sln --configuration Release --verbosity quiet

test: build      ## all tests; ends with N passed, N failed
	@scripts/test.sh

demo: build      ## a simulated plant, the whole way into the tables, checked value by value
	@./fabric demo --seconds 60

fmt: setup       ## bring every file into the repository's form
	@dotnet format Fabric.sln --verbosity minimal

bench: build     ## all benchmarks, or one: make bench AREA=Fabric.Avro.Bench
	@scripts/bench.sh $(AREA)

soak: build      ## the long proofs in full, an hour an area at most; goes on where it stopped
	@scripts/soak.sh $(AREA)

publish: setup   ## artifacts/publish: a folder that runs where there is no .NET
	@scripts/publish.sh

clean:           ## remove what was built
	@rm -rf artifacts; find . -name bin -o -name obj | grep -v node_modules | xargs rm -rf
