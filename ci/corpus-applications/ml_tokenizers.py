# /// script
# requires-python = ">=3.11"
# dependencies = ["tokenizers==0.23.3"]
# ///
"""A tokenizer trained on four lines."""

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

tokenizer = Tokenizer(models.BPE(unk_token="?"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["?"], show_progress=False)
tokenizer.train_from_iterator(["one file", "one launcher", "one cache", "one file"], trainer)
print(tokenizer.encode("one file").tokens)
