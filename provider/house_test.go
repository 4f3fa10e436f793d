package provider_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clocks are the packages that may read the clock; everybody else is given one, so that tests turn it.
var clocks = map[string]string{
	"cmd/":                 "where the clock is handed out",
	"storage/embedded/":    "waits for a process, which no injected clock makes start sooner",
	"storage/storagetest/": "names databases so that no two runs meet",
}

// A function that does not fit on a page is two; a test may tell a story.
const (
	longestFunction = 60
	longestTest     = 100
	longestFile     = 500
)

type source struct {
	path  string
	text  []byte
	files *token.FileSet
	tree  *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) lines(n ast.Node) int {
	return s.files.Position(n.End()).Line - s.files.Position(n.Pos()).Line + 1
}

// sources reads every Go file of ours; storage/db is written by sqlc.
func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = strings.TrimPrefix(filepath.ToSlash(path), "../")
		if hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".."; d.IsDir() && (hidden || path == "storage/db" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		s := source{path: path, files: token.NewFileSet()}
		if s.text, err = os.ReadFile(filepath.Join("..", path)); err != nil {
			return err
		}
		s.tree, err = parser.ParseFile(s.files, path, s.text, parser.ParseComments)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

func TestClockIsReadInFewPlaces(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test() || mayReadClock(s.path) {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if p, ok := call.X.(*ast.Ident); ok && p.Name == "time" && strings.Contains(" Now Since Until ", " "+call.Sel.Name+" ") {
				t.Errorf("%v: time.%s; take a clock instead", s.files.Position(n.Pos()), call.Sel.Name)
			}
			return true
		})
	}
}

func mayReadClock(path string) bool {
	for prefix := range clocks {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func TestFunctionsAndFilesFitOnAPage(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > longestFile {
			t.Errorf("%s has %d lines, at most %d", s.path, n, longestFile)
		}
		limit := longestFunction
		if s.test() {
			limit = longestTest
		}
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.lines(f) > limit {
				t.Errorf("%v: %s has %d lines, at most %d", s.files.Position(f.Pos()), f.Name.Name, s.lines(f), limit)
			}
		}
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, group := range s.tree.Comments {
			for _, mark := range []string{"TO" + "DO", "FIX" + "ME", "X" + "XX"} {
				if strings.Contains(group.Text(), mark) {
					t.Errorf("%v: %s", s.files.Position(group.Pos()), mark)
				}
			}
		}
	}
}
