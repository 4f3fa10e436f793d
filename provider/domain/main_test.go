package domain_test

import (
	"testing"

	"sallyport/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }
