# Every target is safe to call on a fresh clone: what it needs, it sets up first.
.PHONY: help setup build test demo fmt bench soak clean publish

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup:           ## check or install what is needed (idempotent)
	@scripts/setup.sh

build: setup     ## compile everything
	@dotnet build Fabric.sln --configuration Release --verbosity quiet

test: build      ## all tests; ends with N passed, N failed
	@scripts/test.sh

clean:           ## remove what was built
	@rm -rf artifacts; find . -name bin -o -name obj | grep -v node_modules | xargs rm -rf
