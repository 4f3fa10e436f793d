package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNoServer says that no usable PostgreSQL server is installed; the error
// around it says what to install or which setting to use instead.
var ErrNoServer = errors.New("no PostgreSQL server found on this machine")

const (
	minMajor = 14

	remedy = `install one (Debian/Ubuntu: "apt-get install postgresql", Fedora: "dnf install postgresql-server", ` +
		`Homebrew: "brew install postgresql@17") or set database.url to a server of your own`
)

// places are where packages put server binaries outside PATH: Debian, the
// PostgreSQL project's RPMs, Homebrew on both Mac processors, Linuxbrew.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
}

// binaries is one installed server.
type binaries struct {
	dir   string
	major int
}

// Find returns the directory of the server binaries Start would use for a new
// cluster (major 14 or newer, PATH first), or an error that wraps ErrNoServer.
func Find() (binDir string, err error) {
	b, err := find(os.Getenv("PATH"), "/", 0)
	return b.dir, err
}

// find looks in path and below root. A major other than 0 asks for exactly
// that one, since a cluster opens only with the major that made it.
func find(path, root string, major int) (binaries, error) {
	all := installed(path, root)
	for _, b := range all {
		if b.major >= minMajor && (major == 0 || b.major == major) {
			return b, nil
		}
	}
	return binaries{}, missing(all, major)
}

func missing(all []binaries, major int) error {
	want := fmt.Sprintf("version %d or newer is needed", minMajor)
	if major != 0 {
		want = fmt.Sprintf("the data directory was made by version %d and opens with no other", major)
	}
	seen := "none is installed"
	for i, b := range all {
		if i == 0 {
			seen = "found only"
		}
		seen += fmt.Sprintf(" %d in %s", b.major, b.dir)
	}
	return fmt.Errorf("%w: %s, %s; %s", ErrNoServer, want, seen, remedy)
}

func installed(path, root string) []binaries {
	all := complete(filepath.SplitList(path))
	for _, pattern := range places {
		dirs, _ := filepath.Glob(filepath.Join(root, pattern)) // the only error is a malformed pattern
		group := complete(dirs)
		slices.SortStableFunc(group, func(a, b binaries) int { return cmp.Compare(b.major, a.major) })
		all = append(all, group...)
	}
	return all
}

// complete keeps the directories that hold a whole server. Relative entries of
// PATH are left out: what they name depends on where we were started, and we
// may be root.
func complete(dirs []string) []binaries {
	var found []binaries
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) || !executable(filepath.Join(dir, "initdb")) || !executable(filepath.Join(dir, "postgres")) {
			continue
		}
		if major, err := version(dir); err == nil {
			found = append(found, binaries{dir, major})
		}
	}
	return found
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// banner is "postgres (PostgreSQL) 15.14 (Debian ...)", "... 18beta1" and the like.
var banner = regexp.MustCompile(`\) (\d+)`)

func version(dir string) (int, error) {
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("ask the version of %s/postgres: %w", dir, err)
	}
	m := banner.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("unknown version %q of %s/postgres", strings.TrimSpace(string(out)), dir)
	}
	return strconv.Atoi(string(m[1]))
}
