package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/storage/embedded"
)

func TestFindTakesPathFirstThenTheNewestMajor(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, major := range []int{9, 13, 14, 16} {
		install(t, root, fmt.Sprintf("usr/lib/postgresql/%d/bin", major), fmt.Sprintf("%d.4 (Debian)", major))
	}
	path := install(t, root, "home/bin", "15beta1")
	old := install(t, root, "home/old", "12.1")
	half := filepath.Join(root, "usr/share")
	must(t, os.MkdirAll(half, 0o755))
	must(t, os.WriteFile(filepath.Join(half, "postgres"), []byte("#!/bin/sh\n"), 0o755))
	for _, c := range []struct {
		name, path string
		major      int
		want       string
	}{
		{"path first", path, 0, path},
		{"newest", "", 0, root + "/usr/lib/postgresql/16/bin"},
		{"too old in path", old, 0, root + "/usr/lib/postgresql/16/bin"},
		{"incomplete in path", half, 0, root + "/usr/lib/postgresql/16/bin"},
		{"relative in path", ".:bin:", 0, root + "/usr/lib/postgresql/16/bin"},
		{"the one that made the cluster", path, 14, root + "/usr/lib/postgresql/14/bin"},
	} {
		if got, err := embedded.FindIn(c.path, root, c.major); got != c.want || err != nil {
			t.Errorf("%s: %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func TestFindKnowsThePlacesOfEveryPackager(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"usr/lib/postgresql/17/bin", "usr/pgsql-17/bin", "opt/homebrew/opt/postgresql@17/bin",
		"usr/local/opt/postgresql@17/bin", "home/linuxbrew/.linuxbrew/opt/postgresql@17/bin",
	} {
		root := t.TempDir()
		want := install(t, root, place, "17.2")
		if got, err := embedded.FindIn("", root, 0); got != want || err != nil {
			t.Errorf("%s: %s (%v)", place, got, err)
		}
	}
}

func TestFindSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	contains(t, root, 0, "none is installed", "apt-get install postgresql", "dnf install", "brew install", "database.url")
	install(t, root, "usr/pgsql-13/bin", "13.1")
	contains(t, root, 0, "found only 13 in "+root, "version 14 or newer")
	install(t, root, "usr/pgsql-17/bin", "17.1")
	contains(t, root, 15, "made by version 15", "17 in "+root)
}

func TestFindOnThisMachine(t *testing.T) {
	t.Parallel()
	dir, err := embedded.Find()
	must(t, err)
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		t.Error(err)
	}
}

func TestLocaleIsTheSameInEveryVersion(t *testing.T) {
	t.Parallel()
	for major := 14; major <= 18; major++ {
		for _, system := range []string{"linux", "darwin"} {
			flags := strings.Join(embedded.Locale(major, system), " ")
			if !strings.HasPrefix(flags, "--locale=C ") || strings.Contains(flags, "provider") != (major >= 17) {
				t.Errorf("%d on %s: %s", major, system, flags)
			}
		}
	}
}

func contains(t *testing.T, root string, major int, words ...string) {
	t.Helper()
	_, err := embedded.FindIn("", root, major)
	if !errors.Is(err, embedded.ErrNoServer) {
		t.Fatalf("got %v, want ErrNoServer", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

// install makes a server that can say its version and nothing else.
func install(t *testing.T, root, place, version string) string {
	t.Helper()
	dir := filepath.Join(root, place)
	must(t, os.MkdirAll(dir, 0o755))
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"postgres", "initdb"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}
