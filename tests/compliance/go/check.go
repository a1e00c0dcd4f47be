// Checks the log of an unpacked evidence pack with Go's own sumdb/note and tlog: the checkpoint and every earlier one by signature,
// each record by its inclusion through the tiles, each earlier tree by its consistency proof. Shares nothing with Muster or its verifier.
//
//	check <folder of the bag> <key line>
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// Go's path names the height too: tile/8/<level>/<index>
		data, err := os.ReadFile(filepath.Join(t.folder, "data/log/tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error, what string, args ...any) {
	if err != nil {
		fmt.Printf("%s: %v\n", fmt.Sprintf(what, args...), err)
		os.Exit(1)
	}
}

// open checks a checkpoint's signature and reads its three lines.
func open(text []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("%q", opened.Text), "checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

func lines(file string) *bufio.Scanner {
	opened, err := os.Open(file)
	must(err, "%s", file)
	scanner := bufio.NewScanner(opened)
	scanner.Buffer(nil, 1<<28)
	return scanner
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(os.Args[2]))
	must(err, "key")
	text, err := os.ReadFile(filepath.Join(folder, "data/log/checkpoint"))
	must(err, "checkpoint")
	tree := open(text, verifier)
	reader := tlog.TileHashReader(tree, tiles{folder})

	records := 0
	files, err := filepath.Glob(filepath.Join(folder, "data/records/*.jsonl"))
	must(err, "records")
	for _, file := range files {
		for scanner := lines(file); scanner.Scan(); {
			var record struct {
				Leaf     int64
				Envelope string
				Hash     string
			}
			must(json.Unmarshal(scanner.Bytes(), &record), "%s", file)
			hash := tlog.RecordHash([]byte(record.Envelope))
			if filepath.Base(file) == "stubs.jsonl" {
				hash, err = tlog.ParseHash(record.Hash)
				must(err, "%s, leaf %d", file, record.Leaf)
			}
			proof, err := tlog.ProveRecord(tree.N, record.Leaf, reader)
			must(err, "%s, leaf %d", file, record.Leaf)
			must(tlog.CheckRecord(proof, tree.N, tree.Hash, record.Leaf, hash), "%s, leaf %d", file, record.Leaf)
			records++
		}
	}

	earlier := 0
	for scanner := lines(filepath.Join(folder, "data/log/consistency.jsonl")); scanner.Scan(); {
		var given struct {
			Size  int64
			Note  string
			Proof []string
		}
		must(json.Unmarshal(scanner.Bytes(), &given), "consistency")
		old := open([]byte(given.Note), verifier)
		var proof tlog.TreeProof
		for _, step := range given.Proof {
			hash, err := base64.StdEncoding.DecodeString(step)
			must(err, "proof from %d", given.Size)
			proof = append(proof, tlog.Hash(*(*[32]byte)(hash)))
		}
		must(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), "proof from %d", given.Size)
		earlier++
	}
	fmt.Printf("%d records, %d earlier checkpoints, %d leaves\n", records, earlier, tree.N)
}
